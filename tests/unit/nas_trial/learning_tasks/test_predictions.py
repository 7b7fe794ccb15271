from __future__ import annotations

import numpy as np
import pytest

from nas_trial.learning_tasks.predictions import calibration_error, log_loss, of_classes


def test_calibration_error_by_hand() -> None:
    confidence, right = np.array([0.9, 0.9, 0.65, 0.55]), np.array([True, False, True, False])
    expected = (2 * abs(0.9 - 0.5) + abs(0.65 - 1) + abs(0.55 - 0)) / 4
    assert calibration_error(confidence, right) == pytest.approx(expected)
    assert calibration_error(np.array([1.0]), np.array([True])) == 0


def test_what_is_never_predicted_and_never_there() -> None:
    found = of_classes(np.array([0, 0, 0]), np.array([0, 0, 0]), classes=2)
    assert found == {"accuracy": 1, "balanced_accuracy": 1, "f1": 0}


def test_a_probability_of_nothing_is_no_infinite_loss() -> None:
    assert log_loss(np.array([0.0, 1.0])) == pytest.approx(-np.log(np.finfo(float).eps) / 2)

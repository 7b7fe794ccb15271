from __future__ import annotations

import numpy as np
import pytest
import torch

from nas_trial.baseline.scores import of_classes, of_numbers, standard_errors
from nas_trial.learning_tasks import Classification, Regression


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_of_classes_are_the_trainers(classes: int) -> None:
    rng = np.random.default_rng(0)
    logits, y = rng.standard_normal((50, classes)), rng.integers(0, classes, 50)
    ours = of_classes(torch.from_numpy(logits).softmax(1).numpy(), y)
    trainers = Classification().metrics(torch.from_numpy(logits), torch.from_numpy(y))
    assert ours == pytest.approx({name: trainers[name] for name in ours})
    assert ("roc_auc" in ours) == (classes == 2)


def test_metrics_of_numbers_are_the_trainers() -> None:
    rng = np.random.default_rng(0)
    predicted, y = rng.standard_normal((50, 2)), rng.standard_normal((50, 2))
    trainers = Regression(0.0, 1.0).metrics(torch.from_numpy(predicted), torch.from_numpy(y))
    ours = of_numbers(predicted, y)
    assert ours == pytest.approx({name: trainers[name] for name in ours}, abs=1e-6)


def test_the_error_of_an_accuracy_is_the_binomials() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 400)
    said = np.where(rng.random(400) < 0.8, y, 1 - y)
    found = standard_errors(np.eye(2)[said], y, classes=True)
    assert found["accuracy"] == pytest.approx((0.8 * 0.2 / 400) ** 0.5, rel=0.35)

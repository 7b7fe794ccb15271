from __future__ import annotations

import pytest

from nas_plan.several_trainings import means


def test_of_one_training_the_metrics_are_as_they_are() -> None:
    metrics = {"test_accuracy": 0.5, "test_accuracy_std": 0.1}
    assert means([metrics], {"test_accuracy"}) == metrics


def test_of_several_means_and_of_what_decides_the_deviation() -> None:
    found = means([{"size": 7.0, "a": 0.5, "a_std": 0.3, "only": 1.0}, {"a": 0.7, "size": 8.0, "a_std": 0.1}], {"a"})
    assert list(found.items()) == [("a", pytest.approx(0.6)), ("a_std", pytest.approx(0.1414, abs=1e-4)), ("size", 7.5)]

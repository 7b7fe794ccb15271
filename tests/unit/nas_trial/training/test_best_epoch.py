from __future__ import annotations

import math

import pytest

from nas_core.api.strategy import Objective
from nas_trial.training.best_epoch import is_best, is_exhausted, note_best
from nas_trial.training.progress import Progress

ACCURACY = Objective(metric="val_accuracy")


def best_of(values: list[float], *objectives: Objective) -> Progress:
    progress = Progress()
    for value in values:
        progress.epoch += 1
        progress.metrics = {"val_accuracy": value, "parameters": 7.0}
        if is_best(progress, objectives):
            note_best(progress)
    return progress


@pytest.mark.parametrize(
    ("goal", "values", "best"),
    [
        ("maximize", [0.3, 0.9, 0.4, 0.5], 2),
        ("minimize", [0.3, 0.9, 0.4, 0.5], 1),
        ("maximize", [0.5, 0.7, 0.7, 0.2], 2),
        ("maximize", [0.1, math.nan, 0.3, 0.2], 3),
        ("maximize", [], 0),
    ],
)
def test_the_best_is_the_first_of_equals(goal: str, values: list[float], best: int) -> None:
    progress = best_of(values, Objective.model_validate({"metric": "val_accuracy", "goal": goal}))
    assert progress.best_epoch == best
    assert progress.best_metrics.get("val_accuracy") == (values[best - 1] if best else None)


def test_of_equally_accurate_epochs_that_with_the_lowest_loss_is_the_best() -> None:
    progress = Progress()
    for accuracy, loss in [(0.9, 0.4), (1.0, 0.3), (1.0, 0.1), (1.0, 0.2), (0.9, 0.05)]:
        progress.epoch += 1
        progress.metrics = {"val_accuracy": accuracy, "val_loss": loss}
        if is_best(progress, [ACCURACY]):
            note_best(progress)
    assert progress.best_epoch == 3


def test_the_first_objective_that_training_changes_decides() -> None:
    size = Objective.model_validate({"metric": "latency_ms", "goal": "minimize"})
    assert best_of([0.3, 0.9, 0.4], size, ACCURACY).best_epoch == 2
    assert best_of([0.3, 0.9, 0.4], size).best_epoch == 0


def test_patience_counts_the_epochs_since_the_best() -> None:
    assert not is_exhausted(best_of([0.3, 0.9, 0.4], ACCURACY), 2)
    assert is_exhausted(best_of([0.3, 0.9, 0.4, 0.4], ACCURACY), 2)
    assert not is_exhausted(best_of([0.3, 0.9, 0.4, 0.4], ACCURACY), None)
    assert not is_exhausted(best_of([0.3, 0.9, 0.4, 0.4]), 2), "no objective tells the best"

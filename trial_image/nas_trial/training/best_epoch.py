"""The best epoch so far, and when there have been enough without a better one. Pure: from the metrics alone.

Best is by the first objective that training changes, on the validation examples: never by a test split. Few examples
often give several epochs the same accuracy. Of these the one with the lowest loss is the best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.api.strategy import Objective
from nas_core.objectives import cost_of
from nas_trial.training.progress import Progress


def is_best(progress: Progress, objectives: Sequence[Objective]) -> bool:
    """Whether the newest metrics are better than those of all epochs before; of equals the first is the best."""
    objective = next((one for one in objectives if one.metric in progress.metrics), None)
    if objective is None:
        return False
    if objective.metric not in progress.best_metrics:
        return True
    return _costs(progress.metrics, objective) < _costs(progress.best_metrics, objective)


def _costs(metrics: Mapping[str, float], objective: Objective) -> tuple[float, float]:
    """Return what is to be small: by the objective, then the loss on the same examples."""
    loss = f"{objective.metric.partition('_')[0]}_loss"
    return cost_of(objective, metrics[objective.metric]), metrics.get(loss, 0.0)


def note_best(progress: Progress) -> None:
    """Enter the epoch that was just completed as the best."""
    progress.best_epoch, progress.best_metrics = progress.epoch, dict(progress.metrics)


def is_exhausted(progress: Progress, patience: int | None) -> bool:
    """Whether so many epochs have passed since the best one; never where no objective tells which that is."""
    return bool(patience and progress.best_epoch and progress.epoch - progress.best_epoch >= patience)

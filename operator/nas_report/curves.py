"""The learning curves of a search's trials, as points for a plot."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.strategy import Objective
from nas_core.objectives import cost_of
from nas_core.records.trial import TrialView
from nas_core.states import Work

SHOWN = 100
"""Curves of a plot: the best, and others at equal distances among the rest. More could not be told apart."""
NAMED = 8
"""Of these, the best ones that have a colour and a name."""

Point = dict[str, str | float | bool]


def curve_points(trials: Sequence[TrialView], objective: Objective) -> list[Point]:
    """Return the points of the curves of an objective: trial, work, epoch, value, and whether it is one to be named."""
    metric = objective.metric
    with_curve = []
    for trial in trials:
        if trial.spec.work not in (Work.TRAIN, Work.RETRAIN):
            continue
        epochs, values = trial.points
        if metric in values and len(epochs):
            with_curve.append((trial, epochs.tolist(), values[metric].tolist()))
    with_curve.sort(key=lambda each: cost_of(objective, each[2][-1]))
    stride = max(1, -(-len(with_curve) // SHOWN))
    shown = with_curve[:NAMED] + with_curve[NAMED::stride]
    return [
        {
            "trial": trial.meta.name,
            "work": trial.spec.work.value,
            "epoch": epoch,
            "value": value,
            "named": place < NAMED,
        }
        for place, (trial, epochs, values) in enumerate(shown)
        for epoch, value in zip(epochs, values, strict=True)
    ]

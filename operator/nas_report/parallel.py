"""Parallel coordinates: which values of the decisions that matter most lead to which values of the objective."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_core.api.strategy import Objective
from nas_core.objectives import cost_of
from nas_report.results import Result

AXES = 7
"""Decisions that have an axis, those that matter most; the last axis is the objective's."""
LINES = 300
"""Candidates that have a line: half of them the best, the others at equal distances among the rest."""
ABSENT = "-"
"""Stands for the value of a decision that does not apply."""

Row = dict[str, str | float]


def parallel_lines(
    results: Sequence[Result], names: Sequence[str], objective: Objective
) -> tuple[list[Row], list[Row]]:
    """Return the points of the lines (trial, axis, place from 0 to 1, value) and the labels of the axes.

    Args:
        results: those with a value of the objective.
        names: decisions, the one that matters most first.
        objective: what the lines are coloured by.
    """
    metric = objective.metric
    ranked = sorted(results, key=lambda result: cost_of(objective, result.value(metric) or 0.0))
    half = LINES // 2
    shown = ranked[:half] + ranked[half :: max(1, -(-(len(ranked) - half) // half))]
    lines: list[Row] = []
    labels: list[Row] = []
    for name in names[:AXES]:
        values = [result.decisions.get(name, ABSENT) for result in shown]
        places = _places(values)
        lines += [
            {"line": number, "axis": name, "place": places[value], "label": value}
            for number, value in enumerate(values)
        ]
        labels += [{"axis": name, "place": place, "label": value} for value, place in _marked(places)]
    numbers = np.array([result.value(metric) for result in shown], dtype=np.float64)
    low, span = float(numbers.min()), float(np.ptp(numbers)) or 1.0
    lines += [
        {"line": number, "axis": metric, "place": (value - low) / span, "label": f"{value:.4g}"}
        for number, value in enumerate(numbers.tolist())
    ]
    labels += [{"axis": metric, "place": place, "label": f"{low + place * span:.4g}"} for place in (0.0, 0.5, 1.0)]
    for row in lines:
        number = int(row["line"])
        row |= {"trial": shown[number].trial, "value": float(numbers[number])}
    return lines, labels


def _places(values: Sequence[str]) -> dict[str, float]:
    """Return the place of each value on its axis: numbers in their order and distance, words spread evenly."""
    distinct = sorted(set(values))
    try:
        numbers = {value: float(value) for value in distinct}
    except ValueError:
        return {value: place / max(1, len(distinct) - 1) for place, value in enumerate(distinct)}
    low, span = min(numbers.values()), (max(numbers.values()) - min(numbers.values())) or 1.0
    return {value: (number - low) / span for value, number in numbers.items()}


def _marked(places: dict[str, float]) -> list[tuple[str, float]]:
    """Return the values that are written at an axis: all of a few, else some."""
    ordered = sorted(places.items(), key=lambda item: item[1])
    return ordered if len(ordered) <= 8 else ordered[:: max(1, (len(ordered) - 1) // 4)]

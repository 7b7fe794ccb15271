"""The picture of several searches side by side: the best so far, and the Pareto fronts of two objectives.

`nasctl compare --plot` draws it. As in the report, what people have named is data of the plot, never a field's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Objective
from nas_core.records.trial import TrialView
from nas_report.results import Result, best_so_far, results_of

WIDTH, HEIGHT = 560, 300
"""Pixels of a plot."""
MOST_POINTS = 5_000
"""Results of a search that are drawn: evenly spread ones, and the last."""


@dataclass(frozen=True)
class Compared:
    """One of the searches."""

    name: str
    spec: NASSearchSpec
    trials: Sequence[TrialView]


def comparison_plot(searches: Sequence[Compared]) -> dict[str, Any]:
    """Return a Vega-Lite specification with its data in it, by the objectives of the first search.

    What no search has a result for is left out; its ``vconcat`` may be empty.
    """
    objectives = searches[0].spec.objectives
    results = [results_of(each.spec, each.trials, None) for each in searches]
    plots = [_progress(searches, results, objectives[0])]
    if len(objectives) > 1:
        plots.append(_fronts(searches, results, objectives[0], objectives[1]))
    drawn = [plot for plot in plots if plot["data"]["values"]]
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "vconcat": drawn}


def _progress(searches: Sequence[Compared], results: Sequence[list[Result]], objective: Objective) -> dict[str, Any]:
    points = [
        {"search": each.name, "results": place, "value": value}
        for each, found in zip(searches, results, strict=True)
        for place, value in _thinned(best_so_far(found, objective))
    ]
    mark = {"type": "line", "interpolate": "step-after"}
    return _plot(points, mark, ("results", "results"), ("value", f"best {objective.metric} so far"))


def _fronts(
    searches: Sequence[Compared], results: Sequence[list[Result]], first: Objective, second: Objective
) -> dict[str, Any]:
    points = [
        {"search": each.name, "x": result.value(second.metric), "y": result.value(first.metric)}
        for each, found in zip(searches, results, strict=True)
        for result in found
        if result.best
    ]
    return _plot(points, {"type": "point", "filled": True}, ("x", second.metric), ("y", first.metric))


def _plot(points: Sequence[Any], mark: dict[str, Any], x: tuple[str, str], y: tuple[str, str]) -> dict[str, Any]:
    def axis(field: str, title: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}}

    colour = {"field": "search", "type": "nominal", "title": None, "sort": None}
    return {
        "data": {"values": list(points)},
        "width": WIDTH,
        "height": HEIGHT,
        "mark": mark,
        "encoding": {"x": axis(*x), "y": axis(*y), "color": colour},
    }


def _thinned(values: Sequence[float | None]) -> Iterator[tuple[int, float]]:
    step = max(1, -(-len(values) // MOST_POINTS))
    for place, value in enumerate(values, 1):
        if value is not None and (place % step == 0 or place == len(values)):
            yield place, value

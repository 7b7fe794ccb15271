from __future__ import annotations

from typing import Any

from tests.support.factories import World
from tests.support.factories import search as a_search

from nas_report.comparison import MOST_POINTS, Compared, comparison_plot
from nas_report.comparison import _thinned as thinned

TWO = [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}]


def compared(name: str, values: list[float], **spec: Any) -> Compared:
    w = World(a_search(budget={"maxTrials": len(values), "parallelTrials": 1}, **spec))
    for value in values:
        w.step()
        w.succeed(w.active()[0], value, parameters=value * 100)
    w.step()
    return Compared(name, w.search.spec, tuple(w.trials.values()))


def test_the_best_so_far_of_each() -> None:
    plot = comparison_plot([compared("a", [0.2, 0.1, 0.4]), compared("b.c", [0.3])])
    [progress] = plot["vconcat"]
    points = [(point["search"], point["results"], point["value"]) for point in progress["data"]["values"]]
    assert points == [("a", 1, 0.2), ("a", 2, 0.2), ("a", 3, 0.4), ("b.c", 1, 0.3)]


def test_the_fronts_of_two_objectives() -> None:
    _, fronts = comparison_plot([compared("a", [0.2, 0.4], objectives=TWO), compared("b", [0.3])])["vconcat"]
    assert [(point["search"], point["x"], point["y"]) for point in fronts["data"]["values"]] == [
        ("a", 20.0, 0.2),
        ("a", 40.0, 0.4),
        ("b", 30.0, 0.3),
    ]


def test_many_results_are_thinned_and_the_last_stays() -> None:
    kept = list(thinned([float(n) for n in range(23_457)]))
    assert len(kept) <= MOST_POINTS + 1 and kept[-1] == (23_457, 23_456.0)

from __future__ import annotations

from tests.support.reports import START, reported

from nas_report.parallel import AXES, LINES, parallel_lines
from nas_report.results import results_of


def test_each_line_has_a_place_on_every_axis() -> None:
    search, trials = reported(1000)
    known = [r for r in results_of(search.spec, trials, START) if r.feasible]
    names = list(known[0].seen.candidate.architecture)
    lines, axes = parallel_lines(known, names, search.spec.objectives[0])
    shown = {row["axis"] for row in lines}
    assert shown == {*names[:AXES], "val_accuracy"} == {row["axis"] for row in axes}
    assert len({row["line"] for row in lines}) <= LINES + 1
    assert all(0.0 <= float(row["place"]) <= 1.0 for row in lines)
    best = max(lines, key=lambda row: float(row["value"]))
    assert best["trial"] == search.status.best[0].trial


def test_numbers_stand_at_their_distance_and_words_evenly() -> None:
    space = {"decisions": [{"name": "op", "choice": ["a", "b", "c"]}, {"name": "width", "choice": ["1", "2", "5"]}]}
    search, trials = reported(60, searchSpace=space)
    known = [r for r in results_of(search.spec, trials, START) if r.feasible]
    _, axes = parallel_lines(known, ["op", "width"], search.spec.objectives[0])
    assert [(r["label"], r["place"]) for r in axes if r["axis"] == "op"] == [("a", 0.0), ("b", 0.5), ("c", 1.0)]
    assert [(r["label"], r["place"]) for r in axes if r["axis"] == "width"] == [("1", 0.0), ("2", 0.25), ("5", 1.0)]


def test_hyperparameters_have_an_axis_with_their_values() -> None:
    rates = [{"name": "learningRate", "choice": ["0.1", "0.2"]}]
    search, trials = reported(60, hyperparameters=rates)
    known = [r for r in results_of(search.spec, trials, START) if r.feasible]
    _, axes = parallel_lines(known, ["learningRate"], search.spec.objectives[0])
    assert [row["label"] for row in axes if row["axis"] == "learningRate"] == ["0.1", "0.2"]

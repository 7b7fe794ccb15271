from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.reports import START, reported

from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Objective
from nas_core.api.trial import CandidateSpec
from nas_core.history import Observation
from nas_report.results import Result, best_so_far, results_of


def result(value: float | None, epochs: int | None = None, feasible: bool = True) -> Result:
    candidate = CandidateSpec(id="i", architecture={"a": "b"}, origin="Random")
    metrics = None if value is None else {"m": value}
    return Result("t", Observation(0, 1, candidate, metrics, epochs), None, feasible)


def test_results_come_in_the_order_of_recording_and_failed_ones_have_no_value() -> None:
    search, trials = reported(12)
    found = results_of(search.spec, reversed(trials), START)
    assert [one.seen.sequence for one in found] == list(range(1, 13))
    assert found[9].value("val_accuracy") is None and not found[9].feasible
    assert found[0].seconds == 30.0


def test_all_of_the_pareto_front_is_marked() -> None:
    search, trials = reported(200)
    found = results_of(search.spec, trials, START)
    points = [(-(r.value("val_accuracy") or math.inf), r.value("parameters") or math.inf) for r in found]
    for point, one in zip(points, found, strict=True):
        beaten = any(p[0] <= point[0] and p[1] <= point[1] and p != point for p in points)
        assert one.best == (one.feasible and not beaten)


def test_the_clock_of_the_start_may_be_late() -> None:
    search, trials = reported(1)
    assert results_of(search.spec, trials, START + timedelta(hours=1))[0].seconds == 0.0
    assert results_of(search.spec, trials, None)[0].seconds is None


def test_what_breaks_a_constraint_is_not_feasible() -> None:
    limits = [{"metric": "parameters", "max": "1000"}]
    search, trials = reported(30, constraints=limits)
    found = results_of(search.spec, trials, START)
    assert {r.feasible for r in found if (r.value("parameters") or 0) > 1000} == {False}
    assert {r.value("parameters") for r in found if r.feasible} == {1000.0}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([result(0.3), result(0.2), result(None, feasible=False), result(0.5)], [0.3, 0.3, 0.3, 0.5]),
        ([result(0.9, feasible=False), result(0.2)], [None, 0.2]),
        # Of a higher rung a worse value counts: it is the first of those that are compared.
        ([result(0.3, 1), result(0.2, 3), result(0.9, 1), result(0.25, 3)], [0.3, 0.2, 0.2, 0.25]),
    ],
)
def test_the_best_so_far(results: list[Result], expected: list[float | None]) -> None:
    assert best_so_far(results, Objective(metric="m")) == expected


def test_less_may_be_better() -> None:
    assert best_so_far([result(0.3), result(0.5), result(0.1)], Objective(metric="m", goal="minimize")) == [
        0.3,
        0.3,
        0.1,
    ]


def test_of_one_objective_there_is_one_best() -> None:
    search, trials = reported(40)
    spec = NASSearchSpec.model_validate(search.spec.to_dict() | {"objectives": [{"metric": "val_accuracy"}]})
    best = [r for r in results_of(replace(search, spec=spec).spec, trials, START) if r.best]
    assert [r.trial for r in best] == [search.status.best[0].trial]

from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import START, stamp
from tests.support.tracked import begun, condition, done

from nas_plan.tracking.search import improvements, search_run


def told(trials: list[Any], **spec: Any) -> list[tuple[str, float, int]]:
    return [
        (point.metric, point.value, point.step)
        for better in improvements(begun(**spec), trials)
        for point in better.points
    ]


def test_the_run_of_a_search_says_what_was_asked_and_how_it_ended() -> None:
    run = search_run(begun(ended=True, constraints=[{"metric": "parameters", "max": 500}]))
    assert (run.key, run.name, run.status) == ("uid-s", "s", "FINISHED")
    assert run.params["dataset"] == "digits" and run.params["objectives"] == "maximize val_accuracy"
    assert run.params["strategy"] == "random" and run.params["seed"] == "1"
    assert run.tags["nas.search"] == "ns/s" and run.tags["nas.reason"].startswith("BudgetSpent")
    assert run.tags["nas.constraints"] == "parameters <= 500"


@pytest.mark.parametrize(
    ("status", "stands"),
    [
        ({}, "RUNNING"),
        ({"completionTime": stamp(START), "conditions": [condition("Reconciling")]}, "RUNNING"),
        ({"completionTime": stamp(START), "conditions": [condition("Failed")]}, "FAILED"),
        ({"completionTime": stamp(START), "conditions": [condition("Succeeded")]}, "FINISHED"),
    ],
)
def test_it_stands_as_the_search_does(status: dict[str, Any], stands: str) -> None:
    assert search_run(begun(status=status)).status == stands


def test_the_best_grows_with_results_that_keep_the_constraints() -> None:
    trials = [done(0, 0.3), done(1, 0.2), done(2, None), done(3, 0.6), done(4, 0.9, metrics={"val_accuracy": 0.9})]
    limits = [{"metric": "parameters", "max": 5000}]
    assert told(trials, constraints=limits) == [("best_val_accuracy", 0.3, 1), ("best_val_accuracy", 0.6, 4)]


def test_what_is_told_in_order_is_never_taken_back() -> None:
    trials = [done(0, 0.3), done(2, 0.6)]
    assert told(trials)[-1] == ("best_val_accuracy", 0.6, 3)
    assert told(trials, strategy={"random": {}, "ordered": True}) == [("best_val_accuracy", 0.3, 1)]


def test_results_of_different_epochs_have_no_best() -> None:
    storage = {"bucket": "nas"}
    strategy: dict[str, Any] = {"random": {}, "rungs": {"asha": {}}}
    assert told([done(0)], strategy=strategy, storage=storage, evaluation={"epochs": 9}) == []

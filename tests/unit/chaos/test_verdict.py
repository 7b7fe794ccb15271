"""A verdict that cannot fail is worth nothing: each promise is broken here once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.chaos import verdict
from tests.chaos.verdict import Evidence, Promise
from tests.support.factories import World, raw_search, search
from tests.support.searches import score_of


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def trial(index: int, sequence: int | None = None, **changes: Any) -> dict[str, Any]:
    conditions = [condition("Succeeded", "True", "Completed"), condition("Failed", "False", "NotFailed")]
    status = {
        "sequence": index + 1 if sequence is None else sequence,
        "conditions": conditions,
        "metrics": {"val_accuracy": score_of(f"id{index}")},
        "attempts": [{"number": 1, "outcome": "Succeeded"}],
    }
    return {
        "metadata": {"name": f"s-{index}"},
        "spec": {"index": index, "candidates": [{"id": f"id{index}", "text": f"text{index}"}]},
        "status": status | changes,
    }


def failed(reason: str, message: str) -> list[dict[str, Any]]:
    return [condition("Succeeded", "False", reason), condition("Failed", "True", reason, message)]


SEARCH = {
    "status": {
        "trials": {"total": 3, "succeeded": 3, "failed": 0},
        "conditions": [condition("Succeeded", "True", "BudgetSpent"), condition("Progressing", "False", "Succeeded")],
    }
}
GOOD = Evidence(search=SEARCH, trials=[trial(0), trial(1), trial(2)], budget=3)
JOB = {"metadata": {"name": "j"}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}

WITHOUT_REPLAY = [promise for promise in verdict.PROMISES if promise is not verdict.decisions_are_repeatable]


@pytest.mark.parametrize("promise", WITHOUT_REPLAY, ids=lambda promise: promise.__name__)
def test_a_search_that_went_well_keeps_each_promise(promise: Promise) -> None:
    assert promise(replace(GOOD, jobs=[JOB], undisturbed=["text0", "text1", "text2"])) == []


BROKEN: list[tuple[Promise, dict[str, Any]]] = [
    (verdict.it_ends, {"ended": False}),
    (verdict.it_ends, {"search": {"status": {"conditions": [condition("Failed", "True", "NoTrialSucceeded")]}}}),
    (verdict.nothing_is_lost_and_nothing_twice, {"trials": [trial(0), trial(2)]}),
    (verdict.nothing_is_lost_and_nothing_twice, {"trials": [trial(0), trial(1, sequence=1), trial(2)]}),
    (verdict.nothing_is_lost_and_nothing_twice, {"trials": [trial(0), trial(1, sequence=0), trial(2)]}),
    (verdict.nothing_is_lost_and_nothing_twice, {"deleted": ["s-1"]}),
    (verdict.the_budget_holds, {"budget": 2}),
    (verdict.the_budget_holds, {"search": {"status": {"trials": {"total": 3, "succeeded": 2}}}}),
    (verdict.results_are_true, {"trials": [trial(0, metrics={"val_accuracy": 0.5})]}),
    (verdict.results_are_true, {"trials": [trial(0, conditions=failed("Crashed", "why"))]}),
    (verdict.results_are_true, {"trials": [trial(6)]}),
    (verdict.failures_are_visible, {"trials": [trial(0, attempts=[{"number": 1, "outcome": "Lost"}])]}),
    (verdict.failures_are_visible, {"trials": [trial(0, conditions=failed("Crashed", ""))]}),
    (verdict.failures_are_visible, {"deleted": ["s-1"]}),
    (verdict.failures_are_visible, {"unsaid": ["TrialsBlocked"]}),
    (verdict.no_two_pods_of_a_trial, {"side_by_side": ["s-1"]}),
    (verdict.nothing_runs_on, {"jobs": [{"metadata": {"name": "j"}}]}),
    (verdict.nothing_runs_on, {"pods": [{"metadata": {"name": "p"}, "status": {"phase": "Running"}}]}),
    (verdict.the_course_is_the_undisturbed_one, {"undisturbed": ["text0", "text1", "other"]}),
    (verdict.the_deletion_ends, {"left_over": ["jobs j"]}),
]


@pytest.mark.parametrize(("promise", "changes"), BROKEN)
def test_what_breaks_a_promise_is_found(promise: Promise, changes: dict[str, Any]) -> None:
    assert promise(replace(GOOD, **changes))


def test_what_the_strategy_would_not_choose_again_is_found() -> None:
    world = World(search(budget={"maxTrials": 2, "parallelTrials": 2}))
    world.step()
    trials = [{"spec": one.spec.to_dict()} for one in world.trials.values()]
    seen = Evidence(search=raw_search() | {"status": {}}, trials=trials)
    assert verdict.decisions_are_repeatable(seen) == []
    first, second = (one["spec"] for one in trials)
    first["candidates"], second["candidates"] = second["candidates"], first["candidates"]
    assert verdict.decisions_are_repeatable(seen)


def test_no_promise_is_left_out() -> None:
    assert {promise for promise, _ in BROKEN} == set(WITHOUT_REPLAY)


def test_damaged_results_may_fail_their_own_trial_with_that_reason_alone() -> None:
    invalid = replace(GOOD, trials=[trial(0, conditions=failed("ResultInvalid", "it is no JSON"))])
    assert verdict.results_are_true(invalid)
    assert verdict.results_are_true(replace(invalid, damaged=True)) == []

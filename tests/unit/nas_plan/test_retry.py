"""`spec.retry`: failed candidates are tried again as new ones, and cost nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import World
from tests.support.factories import search as a_search

from nas_core.contract import TrialResult
from nas_plan.replay import Record

BROKEN = TrialResult(outcome="Failed", reason="DataUnsuitable", message="no such file")


def failing(w: World, *indices: int) -> World:
    """Let the trials that run end, some of them with a failure, until nothing is begun any more."""
    for _ in range(20):
        w.step()
        active = w.active()
        if not active:
            break
        for job in active:
            if w.trials[w.jobs[job].trial].spec.index in indices:
                w.fail(job, 64, BROKEN)
            else:
                w.succeed(job)
    return w


def again(w: World) -> list[tuple[int, tuple[int, ...]]]:
    return sorted((trial.spec.index, trial.retries) for trial in w.trials.values() if trial.retries)


def test_a_failed_candidate_is_tried_again_without_cost() -> None:
    w = failing(World(a_search(budget={"maxTrials": 4, "parallelTrials": 2})), 1)
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and len(w.trials) == 4
    w.respec(retry=[1])
    w.step()
    assert again(w) == [(4, (1,))]
    first, second = (w.trials[name].spec.candidates[0] for name in ("s-00001", "s-00004"))
    assert (first.id, second.origin, second.parents) == (second.id, "Retry", [1])
    failing(w)
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and len(w.trials) == 5
    assert w.search.status.progress == "4/4"
    # What is there already is not made once more, also when nobody asks for it any longer.
    w.respec(retry=[])
    failing(w)
    assert len(w.trials) == 5 and w.search.status.progress == "4/4"


@pytest.mark.parametrize("retry", [[0], [9], [0, 2, 9]])
def test_what_has_not_failed_is_ignored(retry: list[int]) -> None:
    w = failing(World(a_search(budget={"maxTrials": 3, "parallelTrials": 1}, retry=retry)))
    assert len(w.trials) == 3 and not again(w)


def test_one_that_fails_once_more_is_asked_for_by_its_new_index() -> None:
    w = failing(World(a_search(budget={"maxTrials": 3, "parallelTrials": 1}, retry=[1])), 1, 2)
    assert again(w) == [(2, (1,))] and len(w.trials) == 4
    w.respec(retry=[1, 2])
    failing(w)
    assert again(w) == [(2, (1,)), (4, (2,))]
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "3/3"


@pytest.mark.parametrize(
    ("failed", "most", "reason"),
    [([0, 1], 9, "EveryTrialFails"), ([0, 2, 3], 2, "MaxFailedTrialsExceeded"), ([0], 0, "MaxFailedTrialsExceeded")],
)
def test_a_search_that_has_failed_goes_on(failed: list[int], most: int, reason: str) -> None:
    budget = {"maxTrials": 4, "parallelTrials": 2, "maxFailedTrials": most}
    w = failing(World(a_search(budget=budget)), *failed)
    assert w.condition("Failed") == ("True", reason)
    w.respec(retry=sorted(index for trial in w.trials.values() for index in trial.failed))
    failing(w)
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    assert w.search.status.progress == "4/4" and len(again(w)) == len(failed)


def test_several_are_made_in_the_slots_that_are_free_and_new_ones_come_after_them() -> None:
    w = failing(World(a_search(budget={"maxTrials": 6, "parallelTrials": 2, "maxFailedTrials": 5})), 1, 2, 3)
    w.respec(retry=[1, 2, 3], budget={"maxTrials": 7, "parallelTrials": 2, "maxFailedTrials": 5})
    w.step()
    assert again(w) == [(6, (1,)), (7, (2,))] and len(w.trials) == 8
    failing(w)
    assert again(w) == [(6, (1,)), (7, (2,)), (8, (3,))] and len(w.trials) == 10
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "7/7"


def test_each_candidate_of_a_pack_is_tried_again_by_itself() -> None:
    packs: dict[str, Any] = {"evaluation": {"candidatesPerTrial": 2}, "budget": {"maxTrials": 4, "parallelTrials": 1}}
    w = failing(World(a_search(**packs)), 2)
    w.respec(retry=[2, 3])
    failing(w)
    assert again(w) == [(4, (2,)), (5, (3,))]


@pytest.mark.parametrize("strategy", [{"regularizedEvolution": {"populationSize": 2, "sampleSize": 1}}, {"grid": {}}])
def test_decisions_that_came_before_and_after_are_the_same_when_asked_again(strategy: dict[str, Any]) -> None:
    w = World(a_search(budget={"maxTrials": 8, "parallelTrials": 2}, strategy=strategy, retry=[1, 4]))
    failing(w, 1, 4)
    assert len(again(w)) == 2
    record = Record.of(w.search, tuple(w.trials.values()))
    assert list(record.ask_again(record.sample(100))) == [None] * len(w.trials)


def test_with_rungs_it_begins_on_the_first() -> None:
    rungs = {"random": {}, "rungs": {"asha": {"minEpochs": 2}}}
    w = World(a_search(budget={"maxTrials": 4, "parallelTrials": 2}, strategy=rungs, evaluation={"epochs": 8}))
    failing(w, 1)
    w.respec(retry=[1])
    w.step()
    [trial] = [trial for trial in w.trials.values() if trial.retries]
    assert trial.spec.epochs == min(one.spec.epochs or 0 for one in w.trials.values()) and not trial.spec.continues


def test_what_is_tried_again_is_not_counted_among_the_failures_that_are_told() -> None:
    w = World(a_search(budget={"maxTrials": 2, "parallelTrials": 1, "maxFailedTrials": 9}, retry=[0, 1]))
    for index in range(4):
        w.step()
        w.fail(w.active()[0], 64, TrialResult(outcome="Failed", reason="NotFinite", message=f"of {index % 2}"))
    w.step()
    assert w.condition("Failed") == ("True", "NoTrialSucceeded")
    # Four failures, of which two were tried again.
    assert "1 of 2 failed with NotFinite" in w.condition_message("Failed")

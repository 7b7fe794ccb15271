from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.factories import START, World, search

from nas_core.api.search_status import Activity
from nas_core.reasons import SearchReason, StorageReason
from nas_plan.search_standing import Standing, elapsed


@pytest.mark.parametrize(
    ("activity", "seconds"),
    [
        (None, 0),
        (Activity(seconds=5), 5),
        (Activity(seconds=5, since=START), 65),
    ],
)
def test_elapsed_time_is_the_ended_stretches_and_the_present_one(activity: Activity | None, seconds: int) -> None:
    assert elapsed(activity, START + timedelta(seconds=60)) == timedelta(seconds=seconds)


def test_the_end_for_too_many_failures_names_limit_trial_cause_and_remedy() -> None:
    w = World(search(budget={"maxTrials": 2, "parallelTrials": 1, "maxFailedTrials": 0}))
    w.step()
    w.fail("s-00000-a1", 64, reason="PodFailurePolicy")
    w.step()
    message = next(c.message for c in w.search.status.conditions if c.type == "Failed")
    for words in ("budget.maxFailedTrials is 0", "s-00000", "CandidateRejected: exit code 64", "raise budget"):
        assert words in message


def test_a_budget_that_was_lowered_below_what_has_ended() -> None:
    w = World(search(budget={"maxTrials": 6, "parallelTrials": 3}))
    w.step()
    for job in ("s-00000-a1", "s-00001-a1", "s-00002-a1"):
        w.succeed(job)
    w.step()
    w.respec(budget={"maxTrials": 1})
    w.step()
    assert w.search.status.progress == "3/6"
    for job in w.active():
        w.succeed(job)
    w.step()
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    assert w.search.status.progress == "6/6"
    assert w.condition_message("Succeeded") == "all 6 trials have ended; budget.maxTrials is 1"


@pytest.mark.parametrize(("running", "reason"), [(False, "TrialsBlocked"), (True, "Running")])
def test_blocked_trials_matter_when_none_runs(running: bool, reason: str) -> None:
    w = World(search())
    w.step()
    w.run("s-00000-a1", "Pending", unschedulable="0/3 nodes are available")
    if running:
        w.run("s-00001-a1")
    w.step()
    assert w.condition("Progressing") == ("True", reason)


@pytest.mark.parametrize("reason", [*SearchReason, *StorageReason], ids=str)
def test_what_a_standing_means_follows_from_its_reason(reason: SearchReason | StorageReason) -> None:
    standing = Standing(reason, "why")
    assert standing.over == (standing.succeeded or standing.failed)
    assert standing.stop_running == (standing.over or standing.suspended)
    assert not (standing.go and standing.stop_running) and not (standing.succeeded and standing.failed)
    assert standing.succeeded or not standing.complete

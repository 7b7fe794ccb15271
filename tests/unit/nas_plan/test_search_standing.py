from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.factories import START, World, meta, search

from nas_core.api.search_status import Activity
from nas_core.contract import TrialResult
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


def test_a_budget_below_what_runs_is_told_as_it_is() -> None:
    w = World(search(budget={"maxTrials": 6, "parallelTrials": 3}))
    w.step()
    w.succeed("s-00000-a1")
    w.step()
    assert w.condition_message("Progressing") == "1 of 6 trials have ended"
    w.respec(budget={"maxTrials": 1})
    w.step()
    assert w.condition_message("Progressing") == "1 of 4 trials have ended; budget.maxTrials is 1"
    assert w.search.status.progress == "1/4"


def test_one_trial_is_one_trial() -> None:
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    assert w.condition_message("Progressing") == "0 of 1 trial has ended"
    w.succeed("s-00000-a1")
    w.step()
    assert w.condition_message("Ready") == "the only trial has ended"


def queue(w: World, *jobs: str, suspended: bool = True) -> None:
    """Let a queue hold Jobs, or admit them."""
    for job in jobs:
        w.jobs[job] = replace(w.jobs[job], suspended=suspended, queue="gpus")


def test_trials_of_which_each_waits_in_a_queue_are_queued_and_no_clock_runs() -> None:
    w = World(search(budget={"maxTrials": 3, "parallelTrials": 2, "maxDuration": "1m"}))
    w.step()
    queue(w, "s-00000-a1", "s-00001-a1")
    w.step()
    assert w.condition("Progressing") == w.condition("Reconciling") == ("True", "Queued")
    assert w.condition_message("Progressing") == "2 trials wait in the queue gpus; 0 of 3 trials have ended"
    assert w.search.status.trials.model_dump(exclude_defaults=True) == {"total": 2, "queued": 2}
    w.now += timedelta(hours=9)
    actions = w.step()
    assert w.condition("Progressing") == ("True", "Queued") and not actions.stop_jobs and not actions.start_jobs
    assert not [event for event in actions.events if event.kind == "Warning"]

    queue(w, "s-00000-a1", suspended=False)
    w.run("s-00000-a1")
    w.step()
    assert w.condition("Progressing") == ("True", "Running")
    assert w.search.status.trials.model_dump(exclude_defaults=True) == {"total": 2, "queued": 1, "running": 1}
    w.now += timedelta(seconds=61)
    w.step()
    assert w.condition("Failed")[0] == "True", "time in which one runs counts"


def test_one_that_is_preempted_is_queued_again_and_its_attempt_goes_on() -> None:
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    queue(w, "s-00000-a1", suspended=False)
    w.run("s-00000-a1")
    w.step()
    queue(w, "s-00000-a1")
    w.run("s-00000-a1", meta=meta("s-00000-a1-x", deleted_at=w.now + timedelta(seconds=30)))
    w.step()
    assert w.condition("Progressing") == ("True", "Queued"), "its pod still writes the checkpoint"
    del w.pods["s-00000-a1"]
    w.now += timedelta(days=2)
    w.step()
    assert w.condition("Progressing") == ("True", "Queued")
    queue(w, "s-00000-a1", suspended=False)
    w.succeed("s-00000-a1")
    w.step()
    assert w.condition("Succeeded")[0] == "True"
    assert [(a.number, a.outcome) for a in w.trials["s-00000"].status.attempts] == [(1, "Succeeded")]


def test_what_is_blocked_beside_a_queue_is_for_somebody_to_look_at() -> None:
    w = World(search(budget={"maxTrials": 3, "parallelTrials": 2}))
    w.step()
    queue(w, "s-00000-a1")
    w.run("s-00001-a1", "Pending", started=None, unschedulable="0/3 nodes are available")
    w.step()
    assert w.condition("Progressing") == ("True", "TrialsBlocked")
    assert "1 trial waits: no node takes its pod" in w.condition_message("Progressing")
    w.run("s-00001-a1", "Pending", started=None)
    w.step()
    assert w.condition("Progressing") == ("True", "Running"), "it is about to start"


def test_a_suspended_search_takes_its_jobs_out_of_the_queue() -> None:
    w = World(search(budget={"maxTrials": 2, "parallelTrials": 2}))
    w.step()
    queue(w, "s-00000-a1", "s-00001-a1")
    w.respec(suspend=True)
    assert [job.meta.name for job in w.step().stop_jobs] == ["s-00000-a1", "s-00001-a1"]


def failed(reason: str, message: str) -> TrialResult:
    return TrialResult(outcome="Failed", reason=reason, message=message)


UNSUITABLE = failed("DataUnsuitable", "searchSpace tabular is for tables; the data has image")


def test_a_cause_that_all_candidates_share_ends_the_search_at_once() -> None:
    w = World(search(budget={"maxTrials": 20, "parallelTrials": 2, "maxFailedTrials": 10}))
    w.step()
    w.fail("s-00000-a1", 64, UNSUITABLE, "PodFailurePolicy")
    w.step()
    assert w.condition("Progressing")[1] == "Running", "one trial may be wrong by itself"
    w.fail("s-00001-a1", 64, UNSUITABLE, "PodFailurePolicy")
    w.step()
    assert w.condition("Failed") == ("True", "EveryTrialFails")
    message = w.condition_message("Failed")
    assert "DataUnsuitable: searchSpace tabular is for tables" in message and "nasctl retry s does it" in message
    w.trials = {name: trial for name, trial in w.trials.items() if not trial.recorded}
    w.jobs = {name: job for name, job in w.jobs.items() if not job.finished}
    actions = w.step()
    assert w.condition("Failed")[0] == "False" and "Continued" in [event.reason for event in actions.events]


@pytest.mark.parametrize(
    "second",
    [
        failed("DataUnsuitable", "another message"),
        failed("LossNotFinite", "nan"),
        None,
    ],
)
def test_causes_that_differ_or_are_of_candidates_do_not(second: TrialResult | None) -> None:
    w = World(search(budget={"maxTrials": 20, "parallelTrials": 2, "maxFailedTrials": 10}))
    w.step()
    w.fail(
        "s-00000-a1",
        64,
        UNSUITABLE if second is None or second.reason != "LossNotFinite" else second,
        "PodFailurePolicy",
    )
    if second is None:
        w.succeed("s-00001-a1")
    else:
        w.fail("s-00001-a1", 64, second, "PodFailurePolicy")
    w.step()
    assert w.condition("Progressing") == ("True", "Running")


def test_without_a_result_the_commonest_cause_is_named() -> None:
    w = World(search(budget={"maxTrials": 3, "parallelTrials": 3, "maxFailedTrials": 10}))
    w.step()
    for job, reason in (
        ("s-00000-a1", "LossNotFinite"),
        ("s-00001-a1", "OutOfMemory"),
        ("s-00002-a1", "LossNotFinite"),
    ):
        w.fail(job, 64, failed(reason, "why"), "PodFailurePolicy")
    w.step()
    assert w.condition("Failed") == ("True", "NoTrialSucceeded")
    message = w.condition_message("Failed")
    assert (
        "none with a result; 2 of 3 failed with LossNotFinite: why. Correct the cause and raise budget.maxTrials"
        in message
    )
    assert message.endswith("cannot change: for that, make a new search")


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


def test_a_clock_that_was_set_back_takes_no_time_off() -> None:
    activity = Activity(seconds=20, since=START + timedelta(hours=1))
    assert elapsed(activity, START) == timedelta(seconds=20)

from __future__ import annotations

from datetime import timedelta

from tests.support.factories import START, World, search

from nas_core.contract import TrialResult
from nas_core.reasons import SearchReason, StorageReason
from nas_core.records.conditions import set_condition
from nas_plan.actions import EventDraft
from nas_plan.events import bounded, search_events
from nas_plan.search_status import report_hold_up
from nas_storage.faults import StorageFault


def told(w: World) -> list[str]:
    return [event.reason for event in w.step().events]


def test_the_story_of_a_search_is_told_once() -> None:
    w = World(search(budget={"maxTrials": 2, "parallelTrials": 1}))
    assert told(w) == ["Accepted"]
    assert told(w) == []
    w.succeed("s-00000-a1", 0.5)
    assert told(w) == ["NewBest"]
    w.respec(suspend=True)
    assert told(w) == ["Suspended"]
    assert told(w) == []
    w.respec(suspend=None)
    assert told(w) == ["Resumed"]
    w.succeed("s-00001-a2", 0.4)
    assert told(w) == ["Succeeded"]
    w.respec(budget={"maxTrials": 3, "parallelTrials": 1})
    assert told(w) == ["Continued"]


def test_crashes_and_failures_carry_their_reason() -> None:
    w = World(search(budget={"maxTrials": 2, "parallelTrials": 1, "maxFailedTrials": 5}))
    w.step()
    w.fail("s-00000-a1", 1)
    [crashed] = w.step().events
    assert (crashed.kind, crashed.reason) == ("Warning", "TrialCrashed")
    assert "attempt 1 of trial s-00000 crashed and is tried again: the container ended with exit" in crashed.message
    w.now += timedelta(seconds=2)
    w.step()
    w.fail("s-00000-a2", 64, TrialResult(outcome="Failed", reason="Boom", message="why"), "PodFailurePolicy")
    [failed] = w.step().events
    assert failed.message == "trial s-00000 failed: Boom: why"


def test_the_storage_and_what_blocks_trials_are_told_when_they_change() -> None:
    w = World(search(storage={"bucket": "nas"}))
    w.extra = {"storage_fault": StorageFault(StorageReason.BUCKET_NOT_FOUND, "create it")}
    assert told(w) == ["Accepted", "BucketNotFound"]
    assert told(w) == []
    w.extra = {}
    assert told(w) == ["StorageReady"]
    w.run("s-00000-a1", "Pending", unschedulable="0/3 nodes")
    assert told(w) == ["TrialsBlocked"]
    assert told(w) == []


def test_an_invalid_spec_is_told_again_only_when_it_is_wrong_in_another_way() -> None:
    w = World(search())
    w.spoil("one")
    assert told(w) == ["InvalidSpec"]
    assert told(w) == []
    w.spoil("two")
    assert told(w) == ["InvalidSpec"]


def test_a_late_result_turns_failure_into_success_without_talk_of_a_raised_budget() -> None:
    w = World(search(budget={"maxTrials": 9, "parallelTrials": 1, "maxDuration": "60s"}))
    w.step()
    w.now += timedelta(minutes=2)
    w.succeed("s-00000-a1")
    kept = w.results.pop("s-00000-a1")
    assert told(w) == ["Failed"]
    w.results["s-00000-a1"] = kept
    assert told(w) == ["Succeeded", "NewBest"]


def test_of_very_many_events_of_trials_the_first_are_told() -> None:
    failed = [EventDraft("Warning", "TrialFailed", f"trial {n}") for n in range(1_000)]
    own = [EventDraft("Normal", "NewBest", "trial 3")]
    told = bounded(failed, own)
    assert told[:64] == tuple(failed[:64]) and told[-1] == own[0] and len(told) == 66
    assert told[64].message == "936 more Events of trials; see: kubectl get nastrials"
    assert bounded(failed[:3], own) == (*failed[:3], *own)


def test_a_search_that_is_still_over_is_not_told_to_go_on() -> None:
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    w.succeed("s-00000-a1", 0.5)
    w.step()
    old = w.search.status
    for conditions in (
        report_hold_up(w.search, SearchReason.INTERNAL_ERROR, "a bug", START).conditions,
        set_condition(old.conditions, "Progressing", True, SearchReason.RUNNING, "", START),
    ):
        told = search_events(old, old.model_copy(update={"conditions": conditions}))
        assert "Continued" not in [event.reason for event in told]

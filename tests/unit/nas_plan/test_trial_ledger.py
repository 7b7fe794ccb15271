from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import World, meta, search

from nas_core.api.search_status import LedgerStatus
from nas_core.reasons import StorageReason
from nas_core.records.ledger import Segment
from nas_core.states import Work
from nas_plan import trial_ledger
from nas_plan.actions import Actions
from nas_plan.snapshot import KeptTrials
from nas_plan.trial_ledger import LONGEST_WAIT
from nas_storage.faults import StorageFault

COUNT = 4


def world(history: int = 1000, parallel: int = COUNT, **storage: Any) -> World:
    kept = {"bucket": "nas", "trialHistory": history} | storage
    return World(search(storage=kept, budget={"maxTrials": COUNT, "parallelTrials": parallel}))


def ended(w: World, *values: float) -> World:
    for _ in values:
        w.step()
    for index, value in enumerate(values):
        w.succeed(f"s-{index:05d}-a1", value)
        w.step()
    return w


def look(w: World, **kept: Any) -> Actions:
    """Look once with the trials as they are kept; by default none is in the ledger."""
    given = {"recorded": frozenset(), "objects": frozenset(w.trials)} | kept
    w.extra["ledger"] = KeptTrials(**given)
    return w.step()


def names(segment: Segment | None) -> list[str]:
    return [trial.meta.name for trial in segment.trials] if segment else []


def test_without_a_storage_or_on_one_machine_there_is_no_ledger() -> None:
    w = ended(world(), 0.1, 0.2, 0.3, 0.4)
    w.extra.pop("ledger", None)
    assert w.step().segment is None


def test_when_the_search_is_over_all_that_ended_is_written() -> None:
    w = ended(world(), 0.1, 0.2, 0.3, 0.4)
    actions = look(w)
    assert names(actions.segment) == [f"s-{index:05d}" for index in range(COUNT)]
    assert actions.requeue_after == 0.05, "the next look finds that it is there"
    assert w.search.status.ledger is None and actions.delete_trials == ()


def test_trials_of_other_work_stay_objects_for_whoever_wants_one_of_them_done_again() -> None:
    w = ended(world(history=0), 0.1, 0.2, 0.3, 0.4)
    again = replace(w.trials["s-00000"], meta=meta("s-r9-a", "uid-s"))
    w.trials["s-r9-a"] = replace(again, spec=again.spec.model_copy(update={"work": Work.RETRAIN}))
    assert names(look(w).segment) == [f"s-{index:05d}" for index in range(COUNT)]
    deleted = look(w, recorded=frozenset({"s-00000", "s-00001", "s-r9-a"})).delete_trials
    assert [trial.meta.name for trial in deleted] == ["s-00000", "s-00001"]


def test_while_it_runs_trials_wait_for_others_but_not_for_long() -> None:
    w = ended(world(parallel=2), 0.1)
    assert look(w).segment is None
    w.now += LONGEST_WAIT + timedelta(seconds=1)
    assert names(look(w).segment) == ["s-00000"]


def test_a_full_segment_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_ledger, "SEGMENT_TRIALS", 2)
    w = ended(world(parallel=3), 0.1, 0.2)
    assert names(look(w).segment) == ["s-00000", "s-00001"]


def test_a_segment_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_ledger, "SEGMENT_BYTES", 1)
    w = ended(world(), 0.1, 0.2, 0.3, 0.4)
    assert names(look(w).segment) == ["s-00000"], "one trial always fits"


def test_one_segment_at_a_time() -> None:
    w = ended(world(), 0.1, 0.2, 0.3, 0.4)
    assert look(w, writing=frozenset({"s-00000"})).segment is None


def test_what_was_put_is_named_by_the_status_at_once_and_the_next_one_continues_it() -> None:
    w = ended(world(), 0.1, 0.2, 0.3, 0.4)
    first = look(w).segment
    assert first is not None
    actions = look(w, written=first.after, writing=frozenset(names(first)))
    assert actions.urgent and w.search.status.ledger == first.after
    later = look(w, recorded=frozenset({"s-00000"}))
    assert later.segment is not None and later.segment.before == first.after
    assert names(later.segment) == ["s-00001", "s-00002", "s-00003"]


def test_only_what_the_ledger_has_is_deleted_and_the_best_stays() -> None:
    w = ended(world(history=1), 0.9, 0.2, 0.3, 0.4)
    assert look(w).delete_trials == ()
    ledger = LedgerStatus(segments=1, trials=3, hash="sha256:" + "0" * 64)
    w.search = replace(w.search, status=w.search.status.model_copy(update={"ledger": ledger}))
    actions = look(w, recorded=frozenset({"s-00000", "s-00001", "s-00002"}))
    assert [trial.meta.name for trial in actions.delete_trials] == ["s-00001", "s-00002"]


def test_few_are_deleted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_ledger, "DELETED_AT_ONCE", 1)
    w = ended(world(history=0), 0.1, 0.2, 0.3, 0.4)
    actions = look(w, recorded=frozenset({"s-00000", "s-00001"}))
    assert [trial.meta.name for trial in actions.delete_trials] == ["s-00000"]


def test_within_the_history_none_is_deleted() -> None:
    w = ended(world(history=4), 0.1, 0.2, 0.3, 0.4)
    assert look(w, recorded=frozenset(w.trials)).delete_trials == ()


@pytest.mark.parametrize("policy", ["Best", "None"])
def test_a_trial_whose_checkpoints_may_still_go_waits(policy: str) -> None:
    w = ended(world(checkpointPolicy=policy), 0.1, 0.2, 0.3, 0.4)
    assert look(w).segment is None
    for name in w.trials:
        w.trials[name] = replace(
            w.trials[name], status=w.trials[name].status.model_copy(update={"checkpoints": "None"})
        )
    assert len(names(look(w).segment)) == COUNT


def test_a_policy_that_changes_later_does_not_reach_the_ledger() -> None:
    w = ended(world(checkpointPolicy="None"), 0.1, 0.2, 0.3, 0.4)
    kept = frozenset({"s-00000", "s-00001"})
    decided = look(w, recorded=frozenset({"s-00000"}), writing=frozenset({"s-00001"})).observations
    assert not kept & {one.trial.meta.name for one in decided}


def test_while_the_storage_is_away_nothing_is_written() -> None:
    w = ended(world(), 0.1, 0.2, 0.3, 0.4)
    w.extra["storage_fault"] = StorageFault(StorageReason.STORAGE_UNREACHABLE, "away")
    assert look(w).segment is None

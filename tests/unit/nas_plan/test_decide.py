"""The plan, played out in memory: each test is a story of one search."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.factories import SlowWorld, World, search

from nas_core.contract import TrialResult
from nas_core.reasons import SearchReason, StorageReason
from nas_core.records.names import STORAGE_FINALIZER
from nas_core.spaces import get_space
from nas_core.testing.toy_space import ToySpace
from nas_plan.ask import _made
from nas_plan.decide import OBSERVED_AT_ONCE
from nas_plan.limits.room import Room
from nas_plan.snapshot import Collected
from nas_search import Problem, RecordedTrial, create_strategy, replay
from nas_storage.faults import StorageFault


def world(**spec: object) -> World:
    return World(search(None, **{"budget": {"maxTrials": 4, "parallelTrials": 2}, **spec}))


def finish(w: World, limit: int = 60) -> World:
    """Let every Job succeed until the search has ended."""
    for _ in range(limit):
        w.step()
        if w.condition("Progressing")[0] == "False":
            return w
        for job in w.active():
            w.succeed(job)
    raise AssertionError("the search does not end")


def test_a_new_search_fills_its_slots_with_deterministic_names() -> None:
    w = world()
    w.step()
    assert sorted(w.jobs) == ["s-00000-a1", "s-00001-a1"]
    assert w.search.status.plan is not None and w.search.status.plan.candidates == 4
    assert w.condition("Accepted") == ("True", "Valid")


def test_a_plan_on_what_it_has_brought_about_does_nothing() -> None:
    w = world()
    w.step()
    again = w.step()
    assert not (again.records or again.start_jobs or again.create_trials or again.stop_jobs or again.events)


def test_a_result_is_recorded_and_the_slot_filled_in_one_plan() -> None:
    w = world()
    w.step()
    w.succeed("s-00001-a1", 0.7)
    actions = w.step()
    assert [r.status.sequence for r in actions.records] == [1]
    assert [(t.index, t.basis) for t in actions.create_trials] == [(2, 1)]
    assert w.search.status.best[0].trial == "s-00001" and w.search.status.best_value == "0.7"


def test_results_that_come_together_are_recorded_in_the_order_they_ended() -> None:
    w = world()
    w.step()
    w.succeed("s-00001-a1")
    w.succeed("s-00000-a1")
    w.step()
    assert [w.trials[f"s-0000{i}"].status.sequence for i in (0, 1)] == [2, 1]


def test_the_budget_ends_it_and_a_raised_one_continues_it() -> None:
    w = finish(world())
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "4/4"
    assert w.search.status.completion_time is not None
    w.respec(budget={"maxTrials": 5, "parallelTrials": 2})
    w.step()
    assert w.active() == ["s-00004-a1"]
    assert w.condition("Succeeded")[0] == "False" and w.search.status.completion_time is None


def test_a_crash_is_tried_again_after_a_pause_and_then_given_up() -> None:
    w = world(trialTemplate={"maxAttempts": 2}, budget={"maxTrials": 1, "parallelTrials": 1})
    w.step()
    w.fail("s-00000-a1", 1, TrialResult(outcome="Failed", reason="Boom", message="no luck"))
    w.step()
    assert w.trials["s-00000"].status.attempts[0].outcome == "Crashed" and not w.active()
    w.step()
    assert not w.active(), "the pause is not over"
    w.now += timedelta(seconds=2)
    w.step()
    assert w.active() == ["s-00000-a2"]
    w.fail("s-00000-a2", 1, TrialResult(outcome="Failed", reason="Boom", message="no luck"))
    w.step()
    failed = next(c for c in w.trials["s-00000"].status.conditions if c.type == "Failed")
    assert (failed.status, failed.reason) == ("True", "Boom") and "attempt 2 of 2" in failed.message
    assert w.trials["s-00000"].status.last_log == "last words"


def test_a_wrong_candidate_is_not_tried_again() -> None:
    w = world()
    w.step()
    w.fail(
        "s-00000-a1", 64, TrialResult(outcome="Failed", reason="DatasetInvalid", message="row 3"), "PodFailurePolicy"
    )
    w.step()
    assert w.trials["s-00000"].recorded and "s-00000-a2" not in w.jobs
    assert w.search.status.trials.failed == 1


def test_a_container_that_ends_well_without_a_result_has_failed() -> None:
    w = world()
    w.step()
    w.succeed("s-00000-a1")
    w.results["s-00000-a1"] = Collected(None)
    w.step()
    assert next(c for c in w.trials["s-00000"].status.conditions if c.type == "Failed").reason == "ResultMissing"


@pytest.mark.parametrize(
    ("metrics", "reason"), [({"loss": 1.0}, "MetricMissing"), ({"val_accuracy": float("nan")}, "MetricNotFinite")]
)
def test_a_result_without_the_objective_has_failed(metrics: dict[str, float], reason: str) -> None:
    w = world()
    w.step()
    w.succeed("s-00000-a1")
    w.results["s-00000-a1"] = Collected(TrialResult(outcome="Succeeded", metrics=metrics))
    w.step()
    assert next(c for c in w.trials["s-00000"].status.conditions if c.type == "Failed").reason == reason


def test_an_unreadable_result_is_collected_later_and_nothing_is_started_meanwhile() -> None:
    w = world()
    w.step()
    w.succeed("s-00000-a1")
    kept = w.results.pop("s-00000-a1")
    w.extra = {"storage_fault": StorageFault(StorageReason.STORAGE_UNREACHABLE, "it does not answer")}
    w.step()
    assert w.search.status.trials.collecting == 1 and len(w.trials) == 2 and not w.search.status.trials.failed
    assert w.condition("Progressing")[1] == "StorageUnreachable"
    w.extra, w.results["s-00000-a1"] = {}, kept
    w.step()
    assert w.trials["s-00000"].succeeded and "s-00002-a1" in w.jobs


def test_suspending_records_the_attempts_and_resuming_starts_the_next_ones_first() -> None:
    w = world()
    w.step()
    w.respec(suspend=True)
    w.step()
    assert not w.jobs and [t.status.attempts[0].outcome for t in w.trials.values()] == ["Suspended"] * 2
    w.step()
    assert w.condition("Suspended") == ("True", "Suspended") and w.search.status.trials.suspended == 2
    w.respec(suspend=False)
    w.step()
    assert sorted(w.active()) == ["s-00000-a2", "s-00001-a2"] and len(w.trials) == 2


def test_too_many_failures_end_it_and_stop_what_runs_until_the_limit_is_raised() -> None:
    w = world(budget={"maxTrials": 4, "parallelTrials": 2, "maxFailedTrials": 0})
    w.step()
    w.fail("s-00000-a1", 64, TrialResult(outcome="Failed", reason="Bad", message="why"), "PodFailurePolicy")
    w.step()
    assert w.condition("Failed") == ("True", "MaxFailedTrialsExceeded") and not w.active()
    w.respec(budget={"maxTrials": 4, "parallelTrials": 2, "maxFailedTrials": 2})
    w.step()
    assert "s-00001-a2" in w.active() and w.condition("Failed")[0] == "False"


def test_suspended_time_does_not_count_for_the_duration() -> None:
    w = world(budget={"maxTrials": 9, "parallelTrials": 1, "maxDuration": "60s"})
    w.step()
    w.succeed("s-00000-a1")
    w.step()
    w.respec(suspend=True)
    w.step()
    w.now += timedelta(hours=1)
    w.respec(suspend=False)
    w.step()
    assert w.active(), "the hour was not the search's"
    w.now += timedelta(seconds=60)
    w.step()
    assert w.condition("Succeeded") == ("True", "MaxDurationReached") and not w.active()


def test_a_lost_pod_costs_no_attempt() -> None:
    w = world(trialTemplate={"maxAttempts": 1})
    w.step()
    w.fail("s-00000-a1", 1)
    del w.pods["s-00000-a1"]
    w.step()
    assert w.trials["s-00000"].status.attempts[0].outcome == "Lost" and not w.trials["s-00000"].recorded


def test_blocked_pods_show_why_and_count_no_failure() -> None:
    w = world()
    w.step()
    w.extra = {"denied_pods": {f"uid-{name}": "exceeded quota: small" for name in w.jobs}}
    w.step()
    assert w.condition("Progressing") == ("True", "TrialsBlocked") and not w.search.status.trials.failed


def test_a_deleted_trials_index_and_sequence_are_never_given_again() -> None:
    w = world(budget={"maxTrials": 9, "parallelTrials": 1})
    for _ in range(3):
        w.step()
        w.succeed(w.active()[0])
    w.step()
    del w.trials["s-00002"]
    w.succeed(w.active()[0])
    w.step()
    assert "s-00002" not in w.trials and w.trials["s-00003"].status.sequence == 4


def test_ordered_waits_for_the_results_it_has_to_see() -> None:
    w = world(strategy={"random": {}, "ordered": True}, budget={"maxTrials": 6, "parallelTrials": 2})
    w.step()
    w.succeed("s-00001-a1")
    w.step()
    assert len(w.trials) == 2 and w.trials["s-00001"].status.sequence == 2
    w.succeed("s-00000-a1")
    w.step()
    assert [w.trials[f"s-0000{i}"].spec.basis for i in (2, 3)] == [1, 2]


def test_ordered_goes_on_after_somebody_deleted_a_trial() -> None:
    w = world(strategy={"random": {}, "ordered": True}, budget={"maxTrials": 6, "parallelTrials": 2})
    w.step()
    w.succeed("s-00000-a1")
    w.step()
    del w.trials["s-00000"]
    w.succeed("s-00001-a1")
    w.succeed("s-00002-a1")
    w.step()
    assert w.condition("Progressing")[1] == "Running" and len(w.active()) == 2


def test_an_unreadable_spec_is_refused_and_nothing_runs() -> None:
    w = world()
    w.spoil("spec.task: missing")
    actions = w.step()
    assert w.condition("Accepted") == ("False", "InvalidSpec") and not actions.create_trials


def test_imported_results_that_are_not_there_are_looked_for_again() -> None:
    w = world()
    w.search = w.search.unreadable("missing", SearchReason.EARLIER_RESULTS_NOT_FOUND)  # type: ignore[assignment]
    assert w.step().requeue_after == 60
    w.spoil("spec.task: missing")
    assert w.step().requeue_after is None


def test_a_job_whose_end_is_on_record_goes_even_if_the_search_was_resumed_meanwhile() -> None:
    w = world()
    w.step()
    w.respec(suspend=True)
    w.step(writes=2)
    assert len(w.active()) == 2, "killed after the records, before the Jobs were deleted"
    w.respec(suspend=False)
    w.step()
    assert not w.active()
    w.step()
    assert sorted(w.active()) == ["s-00000-a2", "s-00001-a2"]


def test_jobs_that_are_being_deleted_hold_their_slots_and_show_as_suspending() -> None:
    w = world()
    w.step()
    w.respec(suspend=True)
    kept = {name: replace(job, meta=replace(job.meta, deleted_at=w.now)) for name, job in w.jobs.items()}
    w.step()
    w.jobs = kept
    actions = w.step()
    assert w.condition("Suspended") == ("True", "Suspending") and not actions.stop_jobs and not actions.records
    assert actions.requeue_after == 5, "a lost node is noticed only by looking"
    w.respec(suspend=False)
    assert not w.step().start_jobs
    w.jobs.clear()
    assert len(w.step().start_jobs) == 2


def test_a_lost_node_is_named_while_the_search_waits_for_its_pod() -> None:
    w = world(budget={"maxTrials": 1, "parallelTrials": 1})
    w.step()
    [name] = w.jobs
    w.run(name)
    w.pods[name] = replace(w.pods[name], meta=replace(w.pods[name].meta, deleted_at=w.now))
    w.respec(suspend=True)
    kept = replace(w.jobs[name], meta=replace(w.jobs[name].meta, deleted_at=w.now))
    w.step()
    w.jobs[name] = kept
    w.now += timedelta(minutes=2)
    w.step()
    message = next(c.message for c in w.search.status.conditions if c.type == "Suspended")
    assert "1 trial is writing its checkpoint" in message and "its node may be lost" in message


def test_lowering_parallel_trials_starts_none_until_enough_have_ended() -> None:
    w = world(budget={"maxTrials": 9, "parallelTrials": 3})
    w.step()
    w.respec(budget={"maxTrials": 9, "parallelTrials": 1})
    for running in (3, 2, 1):
        assert len(w.active()) == running
        w.succeed(w.active()[0])
        w.step()
    assert len(w.active()) == 1 and len(w.trials) == 4


def test_waiting_trials_come_before_new_ones() -> None:
    w = world(budget={"maxTrials": 9, "parallelTrials": 2})
    w.step()
    w.fail("s-00000-a1", 1)
    w.succeed("s-00001-a1")
    w.step()
    assert sorted(w.trials) == ["s-00000", "s-00001", "s-00002"], "the crashed trial keeps its slot"
    w.now += timedelta(seconds=1)
    w.step()
    assert sorted(w.active()) == ["s-00000-a2", "s-00002-a1"]


@pytest.fixture
def small_space(monkeypatch: pytest.MonkeyPatch) -> Iterator[ToySpace]:
    toy = ToySpace()
    for module in ("ask", "search_status", "preview"):
        monkeypatch.setattr(f"nas_plan.{module}.get_space", lambda *_: toy)
    _made.cache_clear()
    yield toy
    _made.cache_clear()


@pytest.mark.parametrize("ordered", [False, True])
def test_a_space_in_which_everything_was_tried_ends_the_search(small_space: ToySpace, ordered: bool) -> None:
    w = finish(world(strategy={"random": {}, "ordered": ordered}, budget={"maxTrials": 99, "parallelTrials": 20}))
    assert w.condition("Succeeded") == ("True", "SpaceExhausted")
    assert w.search.status.trials.succeeded == len(small_space.distinct)
    ended = w.search.status.completion_time
    w.now += timedelta(hours=1)
    w.extra = {"storage_fault": StorageFault(StorageReason.STORAGE_UNREACHABLE, "it does not answer")}
    w.step()
    w.respec(suspend=True)
    w.step()
    assert w.condition("Succeeded") == ("True", "SpaceExhausted"), "what happens afterwards does not reopen it"
    assert w.search.status.completion_time == ended


def test_a_search_without_any_result_has_failed() -> None:
    w = world(budget={"maxTrials": 1, "parallelTrials": 1})
    w.step()
    w.fail("s-00000-a1", 64, reason="PodFailurePolicy")
    w.step()
    assert w.condition("Failed") == ("True", "NoTrialSucceeded") and w.condition("Succeeded")[0] == "False"


def test_running_trials_are_watched_also_while_the_storage_does_not_work() -> None:
    w = world()
    w.step()
    w.run("s-00000-a1")
    w.now += timedelta(seconds=5)
    w.extra = {
        "storage_fault": StorageFault(StorageReason.STORAGE_UNREACHABLE, "it does not answer"),
        "latest_metrics": {"s-00000": {"val_accuracy": 0.25, "epoch": 3.0}},
    }
    shown = {o.trial.meta.name: o.status for o in w.step().observations}
    assert (shown["s-00000"].epoch, shown["s-00000"].metrics) == (3, {"val_accuracy": 0.25})
    assert next(c.reason for c in shown["s-00001"].conditions) == "Pending"


def test_trials_shorter_than_the_interval_cost_no_write_unless_something_holds_them_up() -> None:
    w = world()
    w.step()
    w.run("s-00000-a1")
    w.run("s-00001-a1", "Pending", unschedulable="0/1 nodes are available")
    w.now += timedelta(seconds=4)
    w.extra = {"latest_metrics": {"s-00000": {"epoch": 3.0}}}
    assert [o.trial.meta.name for o in w.step().observations] == ["s-00001"]
    w.now += timedelta(seconds=1)
    assert [o.trial.meta.name for o in w.step().observations] == ["s-00001", "s-00000"]


def test_of_hundreds_of_running_trials_a_look_writes_those_that_were_written_longest_ago() -> None:
    w = world(budget={"maxTrials": 100, "parallelTrials": 100})
    w.step()
    for name in w.jobs:
        w.run(name)
    w.now += timedelta(seconds=5)
    w.extra = {"latest_metrics": {}}
    version = 1
    told: list[str] = []
    for _ in range(4):
        shown = w.step().observations
        assert len(shown) <= OBSERVED_AT_ONCE
        for one in shown:
            version += 1
            written = replace(one.trial.meta, resource_version=version)
            w.trials[written.name] = replace(one.trial, meta=written, status=one.status)
            told.append(written.name)
    assert sorted(told) == sorted(w.trials), "each in its turn, and none twice while nothing is new"


def test_deleted_trials_are_not_counted_as_pending() -> None:
    w = world(budget={"maxTrials": 2, "parallelTrials": 2})
    w.step()
    del w.trials["s-00001"], w.jobs["s-00001-a1"]
    w.step()
    assert (w.search.status.trials.total, w.search.status.trials.pending) == (2, 1)


@pytest.mark.parametrize(
    ("policy", "finalizers", "action"),
    [
        ("Delete", (), "add"),
        ("Delete", (STORAGE_FINALIZER,), None),
        ("Retain", (STORAGE_FINALIZER,), "remove"),
        ("Retain", (), None),
    ],
)
def test_the_finalizer_follows_the_deletion_policy(
    policy: str, finalizers: tuple[str, ...], action: str | None
) -> None:
    w = world(storage={"bucket": "nas", "deletionPolicy": policy})
    w.search = replace(w.search, finalizers=finalizers)
    assert w.step().finalizer == action


@pytest.mark.parametrize("seed", range(20))
def test_suspended_and_resumed_at_will_between_kills_nothing_is_lost(seed: int) -> None:
    """A Job that is deleted stays for a while, and killed operators leave any prefix of their writes."""
    rng = random.Random(seed)
    w = SlowWorld(search(budget={"maxTrials": 8, "parallelTrials": 3, "maxFailedTrials": 8}))
    for _ in range(600):
        w.step(rng.randrange(6) if rng.random() < 0.5 else None)
        assert len(w.active()) <= 3 and len(w.trials) <= 8
        w.now += timedelta(seconds=rng.choice((1, 30)))
        match rng.randrange(6):
            case 0:
                w.respec(suspend=True)
            case 1 | 2:
                w.respec(suspend=None)
        for job in w.active():
            if w.jobs[job].meta.deleting:
                if rng.random() < 0.5:
                    del w.jobs[job]
            elif rng.random() < 0.3:
                w.succeed(job, rng.random())
            elif rng.random() < 0.2:
                w.fail(job, 1)
        if len(w.trials) == 8 and all(t.recorded for t in w.trials.values()):
            break
    assert sorted(t.status.sequence or 0 for t in w.trials.values()) == list(range(1, 9))
    for trial in w.trials.values():
        numbers = [a.number for a in trial.status.attempts]
        assert numbers == list(range(1, len(numbers) + 1)), "every attempt is recorded once"


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("ordered", "each"), [(False, 1), (True, 1), (False, 3), (True, 3)])
def test_killed_between_any_two_writes_nothing_is_lost_or_recorded_twice(seed: int, ordered: bool, each: int) -> None:
    rng = random.Random(seed)
    strategy = {"regularizedEvolution": {"populationSize": 4, "sampleSize": 2}, "ordered": ordered}
    packing = {"evaluation": {"candidatesPerTrial": each}, "storage": {"bucket": "nas"}}
    w = world(strategy=strategy, budget={"maxTrials": 12, "parallelTrials": 3, "maxFailedTrials": 12}, **packing)
    for _ in range(400):
        w.step(rng.randrange(6) if rng.random() < 0.5 else None)
        assert len(w.active()) <= 3 and len(w.trials) <= 12
        w.pass_a_second(rng)
        if sum(t.size for t in w.trials.values()) == 12 and all(t.recorded for t in w.trials.values()):
            break
    seen = [seen for trial in w.trials.values() for seen in trial.observations]
    assert sorted(one.sequence for one in seen) == list(range(1, 13))
    assert sorted(one.index for one in seen) == list(range(12))
    spec = w.search.spec
    assert spec is not None
    again = create_strategy(spec.strategy, Problem(get_space(spec.search_space), spec.objectives, spec.constraints))
    decisions = []
    for trial in w.trials.values():
        for one in trial.observations:
            decisions.append(RecordedTrial(one.index, trial.spec.basis, one.candidate, one.sequence, one.metrics))
    assert not list(replay(again, decisions))


def test_only_news_makes_the_status_urgent() -> None:
    w = world()
    assert w.step().urgent
    w.succeed("s-00000-a1", 0.9)
    assert w.step().urgent, "the first result is the best so far"
    w.succeed("s-00001-a1", 0.5)
    actions = w.step()
    assert actions.status is not None and actions.status.progress == "2/4"
    assert not actions.urgent


def test_hyperparameters_are_chosen_with_the_architecture() -> None:
    rate = {"name": "learningRate", "real": {"min": "0.001", "max": "1", "log": True}}
    w = finish(world(hyperparameters=[rate], strategy={"regularizedEvolution": {"populationSize": 2, "sampleSize": 1}}))
    chosen = [t.spec.candidates[0] for t in w.trials.values()]
    assert all(0.001 <= float(c.hyperparameters["learningRate"]) <= 1 for c in chosen)
    assert len({c.hyperparameters["learningRate"] for c in chosen}) > 1
    assert "learningRate=" in w.search.status.best[0].architecture


def bounded_world(free: int, **spec: object) -> World:
    """A search of which so many trials more may start by a policy."""
    w = world(**spec)
    w.extra["room"] = Room(free, "NASPolicy team …")
    return w


def test_a_search_starts_no_more_than_policies_leave_room_for() -> None:
    w = bounded_world(1)
    actions = w.step()
    assert sorted(w.jobs) == ["s-00000-a1"] and actions.held_back == 1
    assert w.condition("Progressing") == ("True", "Running")
    assert w.condition_message("Progressing").endswith("; 1 trial waits: NASPolicy team …")
    w.extra["room"] = Room(0, "NASPolicy team …")
    assert w.step().held_back == 1 and len(w.jobs) == 1
    w.extra["room"] = Room(1, "")
    assert w.step().held_back == 0 and len(w.jobs) == 2
    assert "waits" not in w.condition_message("Progressing")


def test_a_search_of_which_nothing_runs_waits_for_its_turn() -> None:
    w = bounded_world(0)
    actions = w.step()
    assert w.jobs == {} and actions.held_back == 2 and actions.requeue_after is not None
    assert w.condition("Progressing") == ("True", "LimitReached") and w.condition("Reconciling")[0] == "True"
    assert w.condition_message("Progressing") == "2 trials wait: NASPolicy team …"
    w.now += timedelta(hours=1)
    w.step()
    assert w.search.status.activity and w.search.status.activity.seconds == 0, "waiting costs nothing of maxDuration"
    w.extra["room"] = Room(9, "")
    assert w.step().held_back == 0 and len(w.jobs) == 2
    assert w.condition("Progressing") == ("True", "Running")


def test_a_search_wants_no_more_than_is_left_to_try() -> None:
    w = bounded_world(1, budget={"maxTrials": 2, "parallelTrials": 4})
    assert w.step().held_back == 1
    w.extra["room"] = Room(1, "")
    assert w.step().held_back == 0 and len(w.jobs) == 2
    w.extra["room"] = Room(0, "")
    assert w.step().held_back == 0, "nothing is left to start"
    assert "wait" not in w.condition_message("Progressing")


def test_an_attempt_that_is_tried_again_needs_room_as_well() -> None:
    w = bounded_world(2)
    w.step()
    w.fail("s-00000-a1", 1)
    w.step()
    w.now += timedelta(minutes=2)
    w.extra["room"] = Room(0, "NASPolicy team …")
    assert w.step().held_back == 1 and "s-00000-a2" not in w.jobs
    w.extra["room"] = Room(1, "")
    assert w.step().held_back == 0 and "s-00000-a2" in w.jobs


def test_room_that_is_left_unused_is_nothing_to_wait_for() -> None:
    w = bounded_world(2, budget={"maxTrials": 4, "parallelTrials": 3})
    w.step()
    w.fail("s-00000-a1", 1)
    w.extra["room"] = Room(1, "")
    # The one that waits for its next attempt keeps it from a new trial: of the others nobody is to wait for that.
    assert w.step().held_back == 0 and len(w.active()) == 1


def test_what_a_policy_refuses_does_not_start_and_what_runs_goes_on() -> None:
    w = world()
    w.step()
    w.extra["refusal"] = "NASPolicy team (allowedImages) …"
    w.succeed("s-00000-a1")
    actions = w.step()
    assert [r.trial.meta.name for r in actions.records] == ["s-00000"] and not actions.stop_jobs
    assert w.active() == ["s-00001-a1"] and len(w.trials) == 2
    assert w.condition("Progressing")[1] == "RefusedByPolicy" and w.condition("Accepted") == (
        "False",
        "RefusedByPolicy",
    )
    assert w.condition("Stalled")[0] == "True"
    assert [(e.kind, e.reason, e.message) for e in actions.events if "Policy" in e.reason] == [
        ("Warning", "RefusedByPolicy", "NASPolicy team (allowedImages) …")
    ]
    assert w.step().events == ()
    w.extra.clear()
    actions = w.step()
    assert [e.reason for e in actions.events] == ["Accepted"] and w.condition("Progressing")[1] == "Running"
    assert w.condition("Stalled")[0] == "False" and len(w.trials) == 3


def test_a_search_that_has_ended_is_not_refused() -> None:
    w = finish(world())
    w.extra["refusal"] = "NASPolicy team (allowedImages) …"
    w.step()
    assert w.condition("Succeeded")[0] == "True" and w.condition("Accepted")[0] == "True"

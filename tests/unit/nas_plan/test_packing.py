"""Several candidates a trial, played out in memory: what is counted, shown, trained again and told."""

from __future__ import annotations

from tests.support.factories import World, search

from nas_core.contract import TrialResult
from nas_plan.snapshot import Collected


def world(**spec: object) -> World:
    packing = {"evaluation": {"candidatesPerTrial": 4, "epochs": 2}, "storage": {"bucket": "nas"}}
    return World(search(None, **{"budget": {"maxTrials": 10, "parallelTrials": 2}, **packing, **spec}))


def failing(w: World, job: str, *places: int) -> None:
    """Let a Job complete with a result in which some candidates have failed."""
    w.succeed(job, 0.9)
    result = w.results[job].result
    assert result is not None
    candidates = [
        one.model_copy(update={"outcome": "Failed", "reason": "LossNotFinite", "message": "nan"} if k in places else {})
        for k, one in enumerate(result.candidates)
    ]
    w.results[job] = Collected(result.model_copy(update={"candidates": candidates}))


def test_slots_are_pods_and_the_budget_counts_candidates() -> None:
    w = world()
    w.step()
    assert [(t.spec.index, t.size) for t in w.trials.values()] == [(0, 4), (4, 4)]
    assert w.active() == ["s-00000-a1", "s-00004-a1"]
    w.succeed("s-00000-a1", 0.5)
    w.step()
    counts = w.search.status.trials
    assert (counts.total, counts.succeeded, counts.pending) == (10, 4, 6)
    assert w.trials["s-00008"].size == 2 and w.trials["s-00008"].spec.basis == 4
    w.succeed("s-00004-a1", 0.7)
    w.succeed("s-00008-a1", 0.6)
    w.step()
    assert w.search.status.progress == "10/10" and w.condition("Succeeded") == ("True", "BudgetSpent")
    assert [t.status.sequence for t in w.trials.values()] == [1, 5, 9]


def test_the_best_is_a_candidate_with_its_own_weights() -> None:
    w = world()
    w.step()
    failing(w, "s-00004-a1", 0)
    w.step()
    [best] = w.search.status.best
    second = w.trials["s-00004"].spec.candidates[1]
    assert (best.trial, best.id, best.metrics["val_accuracy"]) == ("s-00004", second.id, 0.89)
    assert best.checkpoint == f"s3://nas/{second.id}"
    assert w.trials["s-00004"].status.metrics["val_accuracy"] == 0.89
    assert w.trials["s-00004"].observations[0].metrics is None


def test_candidates_that_fail_count_and_are_told_once() -> None:
    w = world(budget={"maxTrials": 10, "parallelTrials": 2, "maxFailedTrials": 2})
    w.step()
    failing(w, "s-00000-a1", 1, 2)
    [event] = [event for event in w.step().events if event.kind == "Warning"]
    assert event.reason == "CandidatesFailed"
    assert event.message == "2 of the 4 candidates of trial s-00000 failed; the first: LossNotFinite: nan"
    assert (w.search.status.trials.succeeded, w.search.status.trials.failed) == (2, 2)
    failing(w, "s-00004-a1", 3)
    w.step()
    assert w.condition("Failed") == ("True", "MaxFailedTrialsExceeded")
    [message] = [c.message for c in w.search.status.conditions if c.type == "Failed"]
    assert message.startswith("3 trials failed") and "the last, s-00004: LossNotFinite: nan" in message


def test_a_trial_that_fails_as_a_whole_fails_for_all_its_candidates() -> None:
    w = world(budget={"maxTrials": 8, "parallelTrials": 2, "maxFailedTrials": 8})
    w.step()
    w.fail("s-00000-a1", 64, TrialResult(outcome="Failed", reason="DatasetInvalid", message="why"), "PodFailurePolicy")
    w.succeed("s-00004-a1", 0.5)
    w.step()
    assert (w.search.status.trials.succeeded, w.search.status.trials.failed) == (4, 4)
    assert w.trials["s-00000"].failures == ("DatasetInvalid: why",) * 4


def test_the_best_candidates_are_trained_again_one_a_trial() -> None:
    w = world(budget={"maxTrials": 8, "parallelTrials": 2}, retrain={"top": 2, "epochs": 30})
    w.step()
    w.succeed("s-00000-a1", 0.5)
    w.succeed("s-00004-a1", 0.9)
    w.step()
    again = [t for t in w.trials.values() if t.spec.work == "Retrain"]
    assert [(t.spec.index, t.size, t.spec.basis) for t in again] == [(4, 1, 5), (5, 1, 6)]
    assert [t.spec.candidates[0] for t in again] == w.trials["s-00004"].spec.candidates[:2]
    assert {t.spec.seed for t in again} == {w.trials["s-00004"].spec.seed}


def test_what_it_may_cost_counts_pods() -> None:
    w = world(
        evaluation={"candidatesPerTrial": 4, "maxTrialDuration": "1h"},
        trialTemplate={"resources": {"limits": {"nvidia.com/gpu": "1"}}, "maxAttempts": 1},
    )
    w.step()
    assert w.search.status.plan is not None and w.search.status.plan.gpu_hours_at_most == "3"


def test_a_warning_is_told_once_a_search() -> None:
    w = world(evaluation={}, storage=None)
    w.step()
    told = []
    for job, warnings in (("s-00000-a1", ["leak"]), ("s-00001-a1", ["leak", "other"])):
        w.succeed(job, 0.5)
        result = w.results[job].result
        assert result is not None
        w.results[job] = Collected(result.model_copy(update={"warnings": warnings}))
        told += [event.message for event in w.step().events if event.reason == "TrialWarning"]
    assert told == ["trial s-00000: leak", "trial s-00001: other"]
    assert w.trials["s-00001"].status.warnings == ["leak", "other"]

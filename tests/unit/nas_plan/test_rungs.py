"""Searches with rungs, played out in memory."""

from __future__ import annotations

import random

import pytest
from tests.support.factories import World
from tests.unit.nas_plan.test_decide import world

from nas_core.reasons import StorageReason
from nas_core.spaces import get_space
from nas_search import Problem, RecordedTrial, create_strategy, replay
from nas_storage.faults import StorageFault


def climbing(scheduler: str = "asha", trials: int = 9, **spec: object) -> World:
    strategy = {"random": {}, "seed": 1, "rungs": {scheduler: {}}}
    budget = {"maxTrials": trials, "parallelTrials": 3, "maxFailedTrials": 20}
    given = {"strategy": strategy, "evaluation": {"epochs": 9}, "storage": {"bucket": "nas"}, "budget": budget}
    return world(**given | spec)


def test_a_promotion_is_a_trial_of_its_own_that_goes_on_from_the_one_below() -> None:
    w = climbing()
    w.step()
    assert {t.spec.epochs for t in w.trials.values()} == {1}
    for k, job in enumerate(w.active()):
        w.succeed(job, k / 10)
    [promoted, *new] = w.step().create_trials
    assert [t.index for t in new] == [3, 4]
    below = w.trials["s-00002"].spec
    assert promoted == below.model_copy(update={"epochs": 3, "continues": "s-00002", "basis": 3})
    assert "s-00002-e3-a1" in w.jobs
    assert w.search.status.trials.total == 5 and w.search.status.progress == "3/9"
    w.step()
    counts = w.search.status.trials
    assert (counts.succeeded, counts.pending) == (2, 3), "a candidate counts once"


@pytest.mark.parametrize("scheduler", ["asha", "successiveHalving", "hyperband"])
def test_with_rungs_the_search_ends_with_the_best_in_full(scheduler: str) -> None:
    w = climbing(scheduler, retrain={"top": 1, "epochs": 20})
    for _ in range(60):
        w.step()
        if w.condition("Progressing")[0] == "False":
            break
        for job in w.active():
            # What looks best after little training is not what is best later.
            trial = w.trials[w.jobs[job].trial].spec
            w.succeed(job, trial.index / 10 if trial.epochs == 1 else 0.5 - trial.index / 100)
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    searched = [t for t in w.trials.values() if t.spec.work == "Train"]
    assert sorted(t.status.sequence or 0 for t in searched) == list(range(1, len(searched) + 1))
    assert {t.spec.index for t in searched} == set(range(9))
    [best] = w.search.status.best
    assert w.trials[best.trial].spec.epochs == 9
    [again] = [t for t in w.trials.values() if t.spec.work == "Retrain"]
    assert again.spec.epochs == 20 and again.spec.candidates[0].id == best.id
    assert w.search.status.trials.total == 9 and w.search.status.progress == "9/9"


def test_a_storage_that_fails_at_the_end_does_not_end_a_climb() -> None:
    w = climbing(trials=3)
    w.step()
    for job in w.active():
        w.succeed(job)
    w.extra = {"storage_fault": StorageFault(StorageReason.STORAGE_UNREACHABLE, "away")}
    w.step()
    assert w.condition("Progressing") == ("True", "StorageUnreachable")
    w.extra = {}
    assert [t.epochs for t in w.step().create_trials] == [3]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scheduler", ["asha", "hyperband"])
def test_killed_between_any_two_writes_no_rung_is_climbed_twice(seed: int, scheduler: str) -> None:
    rng = random.Random(seed)
    w = climbing(scheduler, trials=12)
    for _ in range(400):
        w.step(rng.randrange(6) if rng.random() < 0.5 else None)
        assert len(w.active()) <= 3
        w.pass_a_second(rng)
        if w.trials and w.search.status.conditions and w.condition("Progressing")[0] == "False":
            break
    assert w.condition("Succeeded")[0] == "True"
    seen = [one for trial in w.trials.values() for one in trial.observations]
    assert sorted(one.sequence for one in seen) == list(range(1, len(seen) + 1))
    assert {one.index for one in seen} == set(range(12))
    assert len({(one.index, one.epochs) for one in seen}) == len(seen)
    spec = w.search.spec
    assert spec is not None
    space = get_space(spec.search_space)
    again = create_strategy(
        spec.strategy, Problem(space, spec.objectives, spec.constraints), epochs=spec.evaluation.epochs
    )
    decisions = [
        RecordedTrial(one.index, trial.spec.basis, one.candidate, one.sequence, one.metrics, one.epochs)
        for trial in w.trials.values()
        for one in trial.observations
    ]
    assert not list(replay(again, decisions))

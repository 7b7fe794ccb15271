"""Searches with rungs, played out in memory."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from tests.support.factories import World
from tests.unit.nas_plan.test_decide import world
from tests.unit.nas_plan.test_replay import differences, record_of

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


def run_with_kills(w: World, rng: random.Random) -> None:
    """Run a search to its end, killed between any two writes in half of its steps."""
    for _ in range(400):
        w.step(rng.randrange(6) if rng.random() < 0.5 else None)
        assert len(w.active()) <= 3
        w.pass_a_second(rng)
        if w.trials and w.search.status.conditions and w.condition("Progressing")[0] == "False":
            break
    assert w.condition("Succeeded")[0] == "True"


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scheduler", ["asha", "hyperband"])
def test_killed_between_any_two_writes_no_rung_is_climbed_twice(seed: int, scheduler: str) -> None:
    rng = random.Random(seed)
    w = climbing(scheduler, trials=12)
    run_with_kills(w, rng)
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


def settle(w: World, worth: dict[int, float], steps: int = 60) -> None:
    """Let all trials end, those of a candidate with what it is worth, until the search has ended."""
    for _ in range(steps):
        w.step()
        if w.condition("Progressing")[0] == "False":
            return
        for job in w.active():
            w.succeed(job, worth.get(w.trials[w.jobs[job].trial].spec.index, 0.5))
    raise AssertionError("the search does not end")


def rungs(w: World, index: int) -> list[int]:
    """Return the epochs of a candidate's trials."""
    return sorted(trial.spec.epochs or 0 for trial in w.trials.values() if trial.spec.index == index)


@pytest.mark.parametrize("scheduler", ["asha", "successiveHalving", "hyperband"])
def test_a_candidate_that_a_person_extends_goes_to_the_top_and_the_others_as_they_would(scheduler: str) -> None:
    worth = {index: index / 10 for index in range(9)}
    others = []
    for extend in ([], ["s-00000", "s-00099"]):
        w = climbing(scheduler, guidance={"extend": extend})
        settle(w, worth)
        assert w.condition("Succeeded") == ("True", "BudgetSpent")
        others.append({index: rungs(w, index)[-1] for index in range(1, 9)})
        assert differences(record_of(w)) == []
        assert rungs(w, 0)[-1] == (9 if extend else rungs(w, 0)[0])
    if scheduler != "asha":
        assert others[0] == others[1], "only with asha it depends on which results come first"
    above = [trial.spec for trial in w.trials.values() if trial.spec.index == 0 and trial.spec.continues]
    assert {spec.guidance and (spec.guidance.generation, spec.guidance.extend) for spec in above} == {(1, "s-00000")}
    assert all(trial.spec.guidance is None for trial in w.trials.values() if trial.spec.index)
    [best] = w.search.status.best
    assert w.trials[best.trial].spec.index != 0


def test_an_extension_is_for_the_next_look_and_takes_a_slot() -> None:
    w = climbing(trials=30)
    w.step()
    for index, job in enumerate(w.active()):
        w.succeed(job, index / 10)
    w.step()
    w.respec(guidance={"extend": ["s-00000"]})
    for job in w.active():
        w.succeed(job, 0.05)
    created = w.step().create_trials
    assert (created[0].index, created[0].epochs, created[0].continues) == (0, 3, "s-00000")
    assert created[0].guidance and created[0].guidance.generation == w.search.generation
    assert len(created) == 3 and len(w.active()) == 3
    w.respec(guidance={"extend": ["s-00000-e3"]})
    w.succeed("s-00000-e3-a1", 0.0)
    [further] = [one for one in w.step().create_trials if one.epochs == 9]
    assert further.continues == "s-00000-e3", "every trial of a candidate stands for it"


def test_a_search_that_has_ended_goes_on_for_an_extension() -> None:
    w = climbing()
    settle(w, {})
    index = next(index for index in range(9) if rungs(w, index) == [1])
    w.respec(guidance={"extend": [f"s-0000{index}"]})
    settle(w, {})
    assert rungs(w, index) == [1, 3, 9] and w.condition("Succeeded") == ("True", "BudgetSpent")
    assert w.search.status.progress == "9/9", "it is no candidate more"
    before = set(w.trials)
    settle(w, {})
    assert set(w.trials) == before, "the entry may stay"


def test_what_a_person_has_stopped_is_not_extended() -> None:
    w = climbing()
    w.step()
    w.run("s-00001-a1")
    w.now += timedelta(minutes=1)
    w.extra = {"latest_metrics": {"s-00001": {"epoch": 1.0, "val_accuracy": 0.9}}}
    w.respec(guidance={"stop": ["s-00001"]})
    w.step()
    w.extra = {}
    w.respec(guidance={"extend": ["s-00001"]})
    settle(w, {})
    assert rungs(w, 1) == [1]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scheduler", ["asha", "hyperband"])
def test_killed_between_any_two_writes_an_extension_is_made_once(seed: int, scheduler: str) -> None:
    rng = random.Random(seed)
    w = climbing(scheduler, trials=12, guidance={"extend": ["s-00002", "s-00007"]})
    run_with_kills(w, rng)
    seen = [one for trial in w.trials.values() for one in trial.observations]
    assert len({(one.index, one.epochs) for one in seen}) == len(seen)
    for index in (2, 7):
        own = [one for one in seen if one.index == index]
        failed = any(one.metrics is None for one in own)
        assert failed or max(one.epochs or 0 for one in own) == 9
    assert differences(record_of(w)) == []

"""What follows a search: the best are trained again, in full."""

from __future__ import annotations

from statistics import stdev
from typing import Any

import pytest
from tests.support.factories import World, search

from nas_core.contract import TrialResult
from nas_core.reasons import Effect, SearchReason, StorageReason
from nas_plan.look import Look
from nas_plan.phases import retrain
from nas_plan.search_standing import Standing
from nas_plan.snapshot import Collected
from nas_plan.trial_state import judge
from nas_storage.faults import StorageFault

VALUES = [0.5, 0.9, 0.7, 0.8]


def searched(**spec: Any) -> World:
    """A search of four trials whose budget has just been spent."""
    given = {"budget": {"maxTrials": 4, "parallelTrials": 4}, "retrain": {"top": 2, "epochs": 30}, **spec}
    w = World(search(**given))
    w.step()
    for job, value in zip(list(w.active()), VALUES, strict=True):
        w.succeed(job, value, cost=1 - value)
    w.step()
    return w


def retrained(w: World) -> list[str]:
    return sorted(name for name, trial in w.trials.items() if trial.spec.work == "Retrain")


def full(w: World, job: str, accuracy: float) -> None:
    w.succeed(job)
    w.results[job] = Collected(TrialResult(outcome="Succeeded", metrics={"test_accuracy": accuracy}))


def test_a_search_that_reaches_its_target_stops_and_then_trains_again() -> None:
    w = World(
        search(
            budget={"maxTrials": 9, "parallelTrials": 2},
            retrain={"top": 1, "epochs": 30},
            objectives=[{"metric": "val_accuracy", "target": "0.9"}],
        )
    )
    w.step()
    w.succeed("s-00000-a1", 0.89)
    w.step()
    assert w.condition("Progressing") == ("True", "Running")
    w.succeed("s-00001-a1", 0.9)
    w.step(writes=2)
    w.step()
    assert w.condition("Progressing") == ("True", "Retraining")
    assert w.trials["s-00002"].status.attempts[0].outcome == "Stopped" and not w.trials["s-00002"].recorded
    assert len(w.active()) <= 2
    w.step()
    [again] = retrained(w)
    assert w.trials[again].spec.candidates[0].id == w.trials["s-00001"].spec.candidates[0].id
    assert w.active() == [f"{again}-a1"], "what the search left undone is not gone on with"
    full(w, f"{again}-a1", 0.95)
    w.step()
    assert w.condition("Succeeded") == ("True", "TargetReached")
    told = next(c for c in w.search.status.conditions if c.type == "Succeeded")
    assert told.message == (
        "trial 1 has reached the targets: val_accuracy 0.9; 1 of the best 1 have been trained again"
    )


def test_the_best_are_trained_again_before_the_search_has_succeeded() -> None:
    w = searched()
    assert w.condition("Progressing") == ("True", "Retraining")
    assert w.condition("Succeeded")[0] == "False"
    again = [w.trials[name].spec for name in retrained(w)]
    assert {trial.index for trial in again} == {1, 3}
    assert {trial.epochs for trial in again} == {30}
    assert all(trial.candidates == w.trials[f"s-{trial.index:05d}"].spec.candidates for trial in again)
    first, second = w.active()
    full(w, first, 0.6)
    full(w, second, 0.65)
    w.step()
    # In the search's order, not by the test split.
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    assert [one.metrics["test_accuracy"] for one in w.search.status.retrained] == [0.6, 0.65]
    assert w.search.status.trials.total == 4 and w.search.status.progress == "4/4"
    assert w.search.status.best[0].metrics["val_accuracy"] == 0.9, "what the search found stays what it found"
    before = dict(w.trials)
    w.step()
    assert w.trials == before


def test_the_search_ranks_and_full_training_ranks_are_compared() -> None:
    w = searched(retrain={"top": 4, "epochs": 30})
    for job in w.active():
        full(w, job, 1 - VALUES[w.trials[w.jobs[job].trial].spec.index])
    w.step()
    assert w.search.status.rank_correlation == "-1.000"


def test_retraining_keeps_to_the_slots_and_is_suspended_like_any_trial() -> None:
    w = searched(retrain={"top": 3, "epochs": 30}, budget={"maxTrials": 4, "parallelTrials": 4})
    assert len(w.active()) == 3
    w.respec(suspend=True)
    w.step()
    w.step()
    assert w.condition("Suspended") == ("True", "Suspended") and not w.active()
    w.respec(suspend=None, budget={"maxTrials": 4, "parallelTrials": 1})
    w.step()
    assert len(w.active()) == 1 and w.active()[0].endswith("-a2")


def test_nothing_is_started_while_the_storage_does_not_work() -> None:
    w = searched()
    w.trials = {name: trial for name, trial in w.trials.items() if trial.spec.work == "Train"}
    w.jobs = {name: job for name, job in w.jobs.items() if job.trial in w.trials}
    w.extra = {"storage_fault": StorageFault(StorageReason.STORAGE_UNREACHABLE, "it does not answer")}
    w.step()
    assert not retrained(w) and w.condition("Progressing") == ("True", "StorageUnreachable")


def test_one_that_fails_for_good_does_not_hold_the_search_up() -> None:
    w = searched()
    first, second = w.active()
    w.fail(first, 64, reason="PodFailurePolicy")
    full(w, second, 0.6)
    w.step()
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    assert len(w.search.status.retrained) == 1
    succeeded = next(c for c in w.search.status.conditions if c.type == "Succeeded")
    assert "1 of the best 2 have been trained again" in succeeded.message


def test_retraining_may_be_asked_for_later_and_for_longer() -> None:
    w = searched(retrain=None)
    assert w.condition("Succeeded")[0] == "True"
    for epochs in (30, 60):
        w.respec(retrain={"top": 1, "epochs": epochs})
        w.step()
        [job] = w.active()
        assert f"-r{epochs}-" in job
        full(w, job, epochs / 100)
        w.step()
        assert [one.metrics["test_accuracy"] for one in w.search.status.retrained] == [epochs / 100]


def test_a_raised_budget_goes_on_from_the_results_of_the_search_alone() -> None:
    w = searched()
    for job in w.active():
        full(w, job, 0.6)
    w.step()
    w.respec(budget={"maxTrials": 5, "parallelTrials": 4})
    w.step()
    assert "s-00004" in w.trials and w.trials["s-00004"].spec.basis <= 4
    [job] = w.active()
    w.succeed(job, 0.95)
    w.step()
    [again] = w.active()
    assert w.trials[w.jobs[again].trial].spec.index == 4, "a new best is trained again, too"


def test_several_objectives_retrain_of_the_front() -> None:
    objectives = [{"metric": "val_accuracy"}, {"metric": "cost", "goal": "minimize"}]
    w = searched(objectives=objectives, retrain={"top": 1, "epochs": 5}, trialTemplate={"image": "mine:1"})
    assert len(retrained(w)) == 1


@pytest.mark.parametrize("metrics", [{}, {"test_accuracy": float("nan")}])
def test_a_result_without_the_objective_is_no_result(metrics: dict[str, float]) -> None:
    w = searched(retrain={"top": 1, "epochs": 30})
    [job] = w.active()
    w.succeed(job)
    w.results[job] = Collected(TrialResult(outcome="Succeeded", metrics=metrics))
    w.step()
    assert w.search.status.retrained == []


@pytest.mark.parametrize("reason", SearchReason, ids=str)
def test_the_best_of_a_complete_search_are_retrained_and_of_no_other(reason: SearchReason) -> None:
    w = World(search(budget={"maxTrials": 2, "parallelTrials": 2}, retrain={"top": 1, "epochs": 9}))
    w.step()
    w.succeed("s-00000-a1")
    w.step()
    snapshot, spec = w.snapshot(), w.search.spec
    judged = [judge(trial, snapshot, spec.trial_template.max_attempts) for trial in snapshot.trials]
    step = retrain.step(Look.of(snapshot, w.search, judged), Standing(reason, "why"))
    assert (step is not None) == (reason.effect is Effect.COMPLETE)


def test_each_is_trained_with_several_seeds_and_the_mean_counts() -> None:
    w = searched(retrain={"top": 2, "epochs": 30, "seeds": 3})
    # The first of each before the second of any: there are four slots for six.
    ids = [w.trials[f"s-0000{index}"].spec.candidates[0].id[:8] for index in (1, 3)]
    assert retrained(w) == sorted([f"s-r30-{one}" for one in ids] + [f"s-r30-{one}-1" for one in ids])
    values = iter([0.8, 0.7, 0.9, 0.6, 0.7, 0.8])
    for _ in range(3):
        for job in sorted(w.active()):
            full(w, job, next(values))
        w.step()
    assert w.condition("Succeeded")[0] == "True" and len(retrained(w)) == 6
    assert "6 of 6 trainings of the best 2, with 3 seeds each, have succeeded" in w.condition_message("Succeeded")
    best, second = w.search.status.retrained
    assert (best.trainings, second.trainings) == (3, 3) and [best.id[:8], second.id[:8]] == ids
    again = [w.trials[f"s-r30-{ids[0]}{end}"] for end in ("", "-1", "-2")]
    accuracies = [trial.status.metrics["test_accuracy"] for trial in again]
    assert best.metrics["test_accuracy"] == pytest.approx(sum(accuracies) / 3)
    assert best.metrics["test_accuracy_std"] == pytest.approx(stdev(accuracies)) and best.trial == again[0].meta.name
    assert len({trial.spec.seed for trial in again}) == 3
    assert again[0].spec.seed == w.trials["s-00001"].spec.seed


def test_more_seeds_later_train_only_what_is_missing() -> None:
    w = searched(retrain={"top": 1, "epochs": 30})
    [job] = w.active()
    full(w, job, 0.8)
    w.step()
    assert w.condition("Succeeded")[0] == "True" and w.search.status.retrained[0].trainings is None
    w.respec(retrain={"top": 1, "epochs": 30, "seeds": 2})
    w.step()
    assert w.active() == [f"{w.search.status.retrained[0].trial}-1-a1"]


@pytest.mark.parametrize(
    ("metrics", "order"), [(("val_accuracy", "test_accuracy"), [3, 1]), (("test_accuracy",), [1, 3])]
)
def test_the_best_is_by_full_training_if_validation_examples_were_held_back(
    metrics: tuple[str, ...], order: list[int]
) -> None:
    w = searched(retrain={"top": 2, "epochs": 30, "publish": {"name": "model"}})
    for job in w.active():
        better = w.trials[w.jobs[job].trial].spec.index == 3
        w.succeed(job)
        w.results[job] = Collected(TrialResult(outcome="Succeeded", metrics=dict.fromkeys(metrics, 0.7 + better / 10)))
    w.step()
    assert [w.trials[entry.trial].spec.index for entry in w.search.status.retrained] == order

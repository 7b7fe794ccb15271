"""Searches whose data are prepared once before any other trial, played out in memory."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import DATASET, SlowWorld, World, search

from nas_backend.trial_input import trial_input
from nas_core.contract import TrialResult
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.actions import Actions, Stored
from nas_plan.phases.prepare import is_asked_for
from nas_plan.snapshot import Collected

STORAGE = {"bucket": "nas", "secretRef": {"name": "s"}}
OWN_DATA = {"dataset": {"uri": "s3://data/photos/"}}
ODD = DATASET.model_copy(update={"warnings": ["column id tells the target: leave it out"]})


def world(**spec: Any) -> World:
    given = {"task": OWN_DATA, "storage": STORAGE, "budget": {"maxTrials": 4, "parallelTrials": 2}}
    return World(search(**{**given, **spec}))


def fail(w: World, reason: str = "DatasetInvalid", message: str = "train.csv, row 8: 'abc' is no number") -> None:
    w.fail("s-prepare-a1", 64, TrialResult(outcome="Failed", reason=reason, message=message), "PodFailurePolicy")


def others(w: World) -> list[TrialView]:
    return [t for t in w.trials.values() if t.spec.work != Work.PREPARE]


def events(actions: Actions) -> list[tuple[str, str]]:
    return [(event.reason, event.message) for event in actions.events]


def finish(w: World) -> World:
    for _ in range(30):
        w.step()
        if w.condition("Progressing")[0] == "False":
            return w
        for job in w.active():
            w.succeed(job)
    raise AssertionError("the search does not end")


@pytest.mark.parametrize(
    ("expected", "spec"),
    [
        (True, {}),
        (True, {"task": {"dataset": {"volume": {"claimName": "scans"}}}}),
        (True, {"task": {"dataset": {"path": "/opt/data"}}}),
        (True, {"trialTemplate": {"args": ["--verbose"], "env": [{"name": "A", "value": "b"}]}}),
        (False, {"task": {"dataset": {"name": "digits"}}}),
        (False, {"task": {"dataset": {"path": "/opt/data"}}, "storage": None}),
        (False, {"trialTemplate": {"image": "mine:1"}}),
        (False, {"trialTemplate": {"command": ["python", "mine.py"]}}),
        (False, {"evaluation": {"benchmark": {"table": "nas-bench-201-cifar10"}}}),
    ],
)
def test_whose_data_are_prepared(expected: bool, spec: dict[str, Any]) -> None:
    w = world(**spec)
    assert is_asked_for(w.search.spec) is expected
    w.step()
    assert ("s-prepare" in w.trials) is expected
    assert any(c.type == "DataReady" for c in w.search.status.conditions) is expected


def test_nothing_else_starts_before_the_data_are_there_and_then_all_read_them() -> None:
    w = world(budget={"maxTrials": 4, "parallelTrials": 2, "maxFailedTrials": 0})
    assert w.step().stored.prepared is None
    assert w.active() == ["s-prepare-a1"]
    assert w.condition("DataReady") == ("False", "Preparing") and w.condition("Progressing") == ("True", "Preparing")
    assert (w.search.status.trials.total, w.search.status.trials.pending) == (0, 0)
    assert w.search.status.dataset is None
    w.run("s-prepare-a1")
    assert not w.step().create_trials
    w.succeed("s-prepare-a1")
    actions = w.step()
    assert actions.stored.prepared == DATASET.address and len(actions.create_trials) == 2
    assert w.condition("DataReady") == ("True", "Prepared")
    assert w.condition_message("DataReady") == "1,200 to train on, 300 to validate, of 7 classes"
    assert w.search.status.dataset == DATASET
    assert ("DataReady", f"the data are prepared: {DATASET.describe()}") in events(actions)
    prepared = w.trials["s-prepare"].status
    assert (prepared.dataset, prepared.dataset_hash, prepared.objective) == (DATASET, DATASET.hash, None)
    finish(w)
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "4/4"
    assert w.search.status.trials.succeeded == w.search.status.trials.total == 4
    assert sorted(t.status.sequence or 0 for t in others(w)) == [1, 2, 3, 4]
    assert next((t.spec.index, t.spec.basis) for t in others(w)) == (0, 0)


def test_trials_on_other_data_are_not_compared() -> None:
    w = world()
    w.step()
    w.succeed("s-prepare-a1")
    w.step()
    first = others(w)[0].meta.name
    w.succeed(f"{first}-a1")
    w.step()
    trial = w.trials[first]
    w.trials[first] = replace(trial, status=trial.status.model_copy(update={"dataset_hash": "sha256:01d"}))
    w.step()
    assert w.condition("DataReady") == ("False", "DatasetChanged") and w.condition("Failed") == (
        "True",
        "DatasetChanged",
    )
    message = w.condition_message("Failed")
    assert f"{first} and others (1 in all) were trained on sha256:01d, prepared are {DATASET.hash}" in message
    assert "delete the trial s-prepare, or make a new search" in message


def test_what_the_trial_is_asked_for() -> None:
    w = world()
    w.step()
    given = trial_input(w.search.meta, w.search.spec, w.trials["s-prepare"], 1, Stored(DATASET.address))
    assert (given.work, given.candidates, given.prepared) == ("Prepare", [], None)
    w.succeed("s-prepare-a1")
    w.step()
    train = trial_input(w.search.meta, w.search.spec, others(w)[0], 1, Stored(DATASET.address))
    assert train.prepared == DATASET.address


def test_how_far_it_is_shows_in_the_search() -> None:
    w = world()
    w.step()
    trial = w.trials["s-prepare"]
    w.trials["s-prepare"] = replace(trial, status=trial.status.model_copy(update={"metrics": {"rows": 12000.0}}))
    actions = w.step()
    assert "12,000 rows so far" in w.condition_message("DataReady") and not actions.urgent
    assert "12,000 rows so far" in w.condition_message("Progressing")


def test_data_that_cannot_be_read_fail_the_search_with_what_is_wrong_and_how_to_go_on() -> None:
    w = world(budget={"maxTrials": 4, "parallelTrials": 2, "maxFailedTrials": 3})
    w.step()
    fail(w)
    actions = w.step()
    assert w.condition("DataReady") == ("False", "DatasetInvalid")
    assert w.condition("Failed") == ("True", "PreparingFailed") and not others(w)
    for kind in ("DataReady", "Failed"):
        message = w.condition_message(kind)
        assert "train.csv, row 8: 'abc' is no number. " in message and "delete the trial s-prepare" in message
    assert {"TrialFailed", "Failed"} <= {reason for reason, _ in events(actions)}
    assert w.search.status.trials.failed == 0 and w.search.status.completion_time
    w.step()
    assert not w.active(), "nothing is tried again by itself"
    del w.trials["s-prepare"], w.jobs["s-prepare-a1"]
    why = "the trials that failed it were deleted, or are tried again"
    assert events(w.step()) == [("Continued", f"{why}; the search goes on")]
    assert w.condition("Progressing") == ("True", "Preparing") and w.condition("Failed")[0] == "False"
    assert w.search.status.completion_time is None
    w.succeed("s-prepare-a1")
    w.step()
    assert len(others(w)) == 2


def test_a_wrong_task_can_be_corrected_while_nothing_is_trained() -> None:
    w = world()
    w.step()
    fail(w, "SpecInvalid", "there is no column 'prize': " + "x" * 2000)
    w.step()
    message = w.condition_message("DataReady")
    assert message.endswith("Correct the field, and the data are prepared again") and len(message) <= 2048
    assert w.condition("Failed")[0] == "True"
    w.respec(budget={"maxTrials": 6, "parallelTrials": 2})
    assert not w.step().delete_trials, "what the data do not depend on"
    w.respec(task={"dataset": {**OWN_DATA["dataset"], "target": "price"}})
    actions = w.step()
    assert [trial.meta.name for trial in actions.delete_trials] == ["s-prepare"]
    assert w.active() == ["s-prepare-a1"] and w.condition("DataReady") == ("False", "Preparing")
    assert w.condition("Failed")[0] == "False" and w.search.status.first_trial_time is None
    w.succeed("s-prepare-a1")
    w.step()
    assert w.search.status.first_trial_time is not None and len(others(w)) == 2


def test_a_search_that_is_corrected_to_other_data_waits_for_none() -> None:
    w = world()
    w.step()
    fail(w)
    w.step()
    w.respec(task={"dataset": {"name": "digits"}})
    w.step()
    assert all(c.type != "DataReady" for c in w.search.status.conditions)
    assert sorted(w.trials) == ["s-00000", "s-00001"]


def test_once_it_has_begun_a_wrong_task_needs_a_new_search() -> None:
    w = world()
    w.step()
    w.succeed("s-prepare-a1")
    w.step()
    w.succeed("s-00000-a1")
    del w.trials["s-prepare"], w.jobs["s-prepare-a1"]
    w.step()
    fail(w, "SpecInvalid")
    w.step()
    assert w.condition_message("DataReady").endswith("make a new search with the corrected field")


@pytest.mark.parametrize(
    "result",
    [
        TrialResult(outcome="Succeeded", metrics={"val_accuracy": 1.0}),
        TrialResult(outcome="Succeeded", dataset=DATASET.model_copy(update={"address": None})),
        TrialResult(outcome="Refused", dataset=DATASET),
    ],
)
def test_a_result_without_a_data_set_is_none(result: TrialResult) -> None:
    w = world()
    w.step()
    w.succeed("s-prepare-a1")
    w.results["s-prepare-a1"] = Collected(result)
    w.step()
    assert w.condition("DataReady") == ("False", "ResultInvalid") and not others(w)
    assert w.trials["s-prepare"].status.dataset is None


def test_what_is_odd_about_the_data_is_told_once() -> None:
    w = world()
    w.step()
    w.succeed("s-prepare-a1")
    w.results["s-prepare-a1"] = Collected(TrialResult(outcome="Succeeded", dataset=ODD, warnings=list(ODD.warnings)))
    told = [message for reason, message in events(w.step()) if reason == "TrialWarning"]
    assert told == [f"trial s-prepare: {ODD.warnings[0]}"]
    assert w.search.status.dataset == ODD and w.trials["s-prepare"].status.warnings == ODD.warnings


def test_too_little_memory_is_told_with_a_remedy_that_helps() -> None:
    w = world(trialTemplate={"maxAttempts": 1})
    w.step()
    w.fail("s-prepare-a1", 137)
    w.pods["s-prepare-a1"] = replace(w.pods["s-prepare-a1"], exit_reason="OOMKilled")
    w.step()
    message = w.condition_message("DataReady")
    assert "limits.memory allows; raise it (attempt 1 of 1). Correct the cause and delete" in message


def test_suspended_it_stops_and_goes_on() -> None:
    w = world()
    w.step()
    w.run("s-prepare-a1")
    w.respec(suspend=True)
    w.step()
    assert not w.active() and w.condition("DataReady") == ("False", "Preparing")
    w.step()
    assert w.condition("Suspended") == ("True", "Suspended")
    w.respec(suspend=None)
    w.step()
    assert w.active() == ["s-prepare-a2"]
    w.succeed("s-prepare-a2")
    w.step()
    assert len(others(w)) == 2


def test_a_pod_that_is_not_created_is_told() -> None:
    w = world()
    w.step()
    w.extra = {"denied_pods": {"uid-s-prepare-a1": "exceeded quota: small"}}
    w.step()
    assert w.condition("Progressing") == ("True", "TrialsBlocked") and w.condition("DataReady")[1] == "Preparing"


def test_the_searchs_time_is_up_while_it_prepares() -> None:
    w = world(budget={"maxTrials": 4, "parallelTrials": 2, "maxDuration": "60s"})
    w.step()
    w.now = w.now.replace(minute=2)
    w.step()
    assert w.condition("Failed") == ("True", "NoTrialSucceeded") and not w.active()


def test_a_search_that_began_without_goes_on_without() -> None:
    w = world()
    w.search = search(task=OWN_DATA, budget={"maxTrials": 4, "parallelTrials": 2})  # as before there was this work
    w.step()
    w.run("s-00001-a1")
    w.respec(storage=STORAGE)
    w.succeed("s-00000-a1")
    w.step()
    assert "s-prepare" not in w.trials and len(w.active()) == 2
    assert all(c.type != "DataReady" for c in w.search.status.conditions)
    finish(w)
    assert w.condition("Succeeded") == ("True", "BudgetSpent")


def test_when_its_trial_is_deleted_the_data_are_prepared_again_and_the_others_wait() -> None:
    w = world()
    w.step()
    w.succeed("s-prepare-a1")
    w.step()
    w.fail("s-00000-a1", 1)
    w.run("s-00001-a1")
    w.step()
    del w.trials["s-prepare"], w.jobs["s-prepare-a1"]
    w.now = w.now.replace(minute=5)
    w.step()
    assert sorted(w.active()) == ["s-00001-a1", "s-prepare-a1"], "what runs goes on, the next attempt waits"
    assert w.condition("DataReady") == ("False", "Preparing")
    w.succeed("s-prepare-a1")
    w.step()
    assert sorted(w.active()) == ["s-00000-a2", "s-00001-a1"]
    finish(w)
    del w.trials["s-prepare"]
    w.step()
    assert not w.active() and w.condition("DataReady") == ("True", "Prepared"), "a search that is over needs no data"


def test_it_comes_before_the_scores() -> None:
    w = world(evaluation={"prefilter": {"proxies": ["synflow"], "candidates": 20, "keep": 4}})
    w.step()
    assert w.active() == ["s-prepare-a1"]
    w.succeed("s-prepare-a1")
    w.step()
    assert {t.spec.work for t in others(w)} == {"Score"}


def test_the_best_are_trained_again_on_the_same_data() -> None:
    w = finish(world(retrain={"epochs": 9, "top": 1}))
    assert [t.spec.work for t in w.trials.values()][-1] == "Retrain"
    assert w.condition_message("Succeeded").endswith("1 of the best 1 have been trained again")
    assert w.step().stored.prepared == DATASET.address


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_killed_between_any_two_writes_and_its_trial_deleted_at_will_nothing_is_lost(seed: int, ordered: bool) -> None:
    rng = random.Random(seed)
    strategy = {"random": {}, "seed": 1, "ordered": ordered}
    w = world(strategy=strategy, budget={"maxTrials": 6, "parallelTrials": 3, "maxFailedTrials": 6})
    for _ in range(400):
        actions = w.step(rng.randrange(6) if rng.random() < 0.5 else None)
        assert actions.stored.prepared or not any(spec.work == Work.TRAIN for spec in actions.create_trials)
        assert len(w.active()) <= 3
        if rng.random() < 0.05 and "s-prepare" in w.trials:
            del w.trials["s-prepare"]
            w.jobs = {name: job for name, job in w.jobs.items() if job.trial != "s-prepare"}
        w.pass_a_second(rng)
        if len(others(w)) == 6 and all(t.recorded for t in others(w)):
            break
    assert sorted(t.status.sequence or 0 for t in others(w)) == [1, 2, 3, 4, 5, 6]
    assert sorted(t.spec.index for t in others(w)) == list(range(6))


@pytest.mark.parametrize("seed", range(20))
def test_suspended_and_resumed_at_will_between_kills_no_trial_runs_without_the_data(seed: int) -> None:
    """A Job that is deleted stays for a while, and killed operators leave any prefix of their writes."""
    rng = random.Random(seed)
    budget = {"maxTrials": 4, "parallelTrials": 2, "maxFailedTrials": 4}
    w = SlowWorld(search(task=OWN_DATA, storage=STORAGE, budget=budget))
    for _ in range(600):
        w.step(rng.randrange(6) if rng.random() < 0.5 else None)
        assert len(w.active()) <= 2
        assert not others(w) or w.trials["s-prepare"].succeeded
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
        if len(others(w)) == 4 and all(t.recorded for t in others(w)):
            break
    assert sorted(t.status.sequence or 0 for t in others(w)) == [1, 2, 3, 4]
    for trial in w.trials.values():
        numbers = [a.number for a in trial.status.attempts]
        assert numbers == list(range(1, len(numbers) + 1)), "every attempt is recorded once"

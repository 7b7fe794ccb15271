"""Data that are prepared once, before anything else: by the fault trainer, taken for the ready-made one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube, attempts, condition
from tests.support.operator_process import Operator
from tests.support.searches import FAULT_IMAGE, Json, check_record, check_replay, fault_search
from tests.support.waiting import Waiter

from nas_core.records.names import TRIAL_INPUT_ANNOTATION

pytestmark = pytest.mark.cluster

WARNING = "2 files are not read: .xcf"


def search_on_own_data(name: str, bucket: Bucket, *args: str, env: dict[str, str] | None = None, **spec: Any) -> Json:
    """Return a search on data in the bucket, which nobody reads: the trainer is the operator's own."""
    search = fault_search(name, *args, storage=bucket.storage(), **spec)
    search["spec"]["task"] = {"dataset": {"uri": f"s3://{bucket.name}/photos/"}}
    del search["spec"]["trialTemplate"]["image"]
    search["spec"]["trialTemplate"]["env"] = [{"name": key, "value": value} for key, value in (env or {}).items()]
    return search


@pytest.fixture
def ready_made(operator: Operator) -> Operator:
    """An operator whose own trainer is the image of fault tests."""
    operator.restart(TRIAL_IMAGE=FAULT_IMAGE)
    return operator


def given(kube: Kube, search: str) -> dict[str, Json]:
    """Return what the containers of a search have read, by trial."""
    inputs = (json.loads(pod["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION]) for pod in kube.pods(search))
    return {read["identity"]["trial"]: read for read in inputs}


def works(kube: Kube, search: str) -> list[str]:
    return sorted(trial["spec"]["work"] for trial in kube.trials(search))


def trained(kube: Kube, search: str) -> list[Json]:
    return [trial for trial in kube.trials(search) if trial["spec"]["work"] == "Train"]


@pytest.mark.usefixtures("ready_made")
def test_the_data_come_first_and_every_trial_is_told_where_they_lie(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    retrain = {"epochs": 3, "top": 1}
    kube.apply(search_on_own_data("own", bucket, "--seconds=8", "--serve", trials=3, parallel=3, retrain=retrain))
    wait_for.condition("own", "DataReady", reason="Preparing")
    wait_for(lambda: "40 rows so far" in condition(kube.search("own"), "DataReady")["message"], 30, "it tells how far")
    assert works(kube, "own") == ["Prepare"]
    assert condition(kube.search("own"), "Progressing")["reason"] == "Preparing"

    ready = wait_for.condition("own", "DataReady", reason="Prepared")
    assert ready["message"] == "80 to train on, 20 to validate, of 2 classes"
    wait_for.condition("own", "Succeeded", timeout=120)
    status = kube.status("own")
    address = f"s3://{bucket.name}/{kube.namespace}/datasets/5eed/"
    assert status["dataset"]["address"] == address and status["dataset"]["warnings"] == [WARNING]
    assert {state: n for state, n in status["trials"].items() if n} == {"total": 3, "succeeded": 3}
    assert works(kube, "own") == ["Prepare", "Retrain", "Train", "Train", "Train"]
    check_record(trained(kube, "own"), 3)
    check_replay(kube.search("own"), kube.trials("own"))
    read = given(kube, "own")
    assert "prepared" not in read.pop("own-prepare")
    assert len(read) == 4 and {one["prepared"] for one in read.values()} == {address}
    wait_for.events("own", "DataReady", "TrialWarning", "Succeeded")
    [told] = [event["message"] for event in kube.events("own") if event["reason"] == "TrialWarning"]
    assert told == f"trial own-prepare: {WARNING}"


@pytest.mark.usefixtures("ready_made")
def test_what_is_left_open_is_chosen_from_the_data_and_stays(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    search = search_on_own_data("open", bucket, trials=2, parallel=1)
    for field in ("searchSpace", "evaluation", "objectives"):
        search["spec"].pop(field, None)
    search["spec"]["task"]["type"] = "tabular-classification"
    kube.apply(search)
    wait_for.condition("open", "Succeeded", timeout=120)
    chosen = {each["field"]: each["value"] for each in kube.status("open")["plan"]["chosen"]}
    # Of the 80 rows that the fault trainer says it has found.
    assert (chosen["searchSpace.name"], chosen["evaluation.batchSize"]) == ("tabular", "8")
    assert kube.status("open")["plan"]["objective"] == "val_accuracy"
    read = [one for name, one in given(kube, "open").items() if name != "open-prepare"]
    assert {one["space"]["name"] for one in read} == {"tabular"}
    assert {str(one["evaluation"]["epochs"]) for one in read} == {chosen["evaluation.epochs"]}
    kube.patch("open", budget={"maxTrials": 3})
    wait_for.counts("open", succeeded=3)
    assert {each["field"]: each["value"] for each in kube.status("open")["plan"]["chosen"]} == chosen
    check_replay(kube.search("open"), kube.trials("open"))


@pytest.mark.usefixtures("ready_made")
def test_data_that_are_wrong_end_the_search_until_they_are_corrected(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    wrong = "train.csv, row 8, column age: 'abc' is no number"
    kube.apply(search_on_own_data("wrong", bucket, env={"BAD_DATA": wrong}, trials=2))
    failed = wait_for.condition("wrong", "Failed")
    assert failed["reason"] == "PreparingFailed"
    told = condition(kube.search("wrong"), "DataReady")
    assert (told["status"], told["reason"]) == ("False", "DatasetInvalid")
    for message in (failed["message"], told["message"]):
        assert wrong in message and "delete the trial wrong-prepare" in message
    [trial] = kube.trials("wrong")
    assert attempts(trial) == [(1, "Failed")], "trying again does not help"
    assert kube.status("wrong")["trials"]["failed"] == 0
    wait_for.events("wrong", "TrialFailed", "Failed")

    kube.patch("wrong", trialTemplate={"env": []})
    kube.delete("nastrial", "wrong-prepare")
    wait_for.condition("wrong", "Succeeded", timeout=90)
    assert works(kube, "wrong") == ["Prepare", "Train", "Train"]


@pytest.mark.usefixtures("ready_made")
def test_a_task_that_is_wrong_is_corrected_in_place_while_nothing_is_trained(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    kube.apply(search_on_own_data("odd", bucket, env={"BAD_DATA": "there is no column 'prize'"}, trials=2))
    wait_for.condition("odd", "Stalled", reason="PreparingFailed")
    [first] = kube.trials("odd")
    kube.patch("odd", task={"dataset": {"maxExamples": 50}}, trialTemplate={"env": []})
    wait_for.condition("odd", "Ready", reason="BudgetSpent", timeout=90)
    assert works(kube, "odd") == ["Prepare", "Train", "Train"]
    assert kube.trials("odd")[-1]["metadata"]["uid"] != first["metadata"]["uid"], "the data are prepared again"
    with pytest.raises(RuntimeError, match="task cannot change once the search has trials"):
        kube.patch("odd", task={"dataset": {"maxExamples": 60}})


def test_a_trainer_of_ones_own_reads_the_data_itself(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    search = search_on_own_data("custom", bucket, trials=2)
    search["spec"]["trialTemplate"]["image"] = FAULT_IMAGE
    kube.apply(search)
    wait_for.condition("custom", "Succeeded")
    assert works(kube, "custom") == ["Train", "Train"]
    assert condition(kube.search("custom"), "DataReady")["status"] == ""
    assert all("prepared" not in read for read in given(kube, "custom").values())


def test_the_operator_is_killed_while_it_prepares_and_when_it_is_done(
    kube: Kube, bucket: Bucket, ready_made: Operator, wait_for: Waiter
) -> None:
    kube.apply(search_on_own_data("shaken", bucket, "--seconds=3", trials=4, parallel=2))
    wait_for(lambda: kube.list("nastrials"), 30, "the first trial is there")
    ready_made.crash()
    wait_for(lambda: kube.pods("shaken", "Running"), 30, "it prepares")
    ready_made.kill()
    wait_for(lambda: kube.pods("shaken", "Succeeded"), 30, "the data are prepared while nobody looks")
    ready_made.start()
    wait_for(lambda: trained(kube, "shaken"), 30, "candidates are there")
    ready_made.crash()
    wait_for.condition("shaken", "Succeeded", timeout=90)
    trials = kube.trials("shaken")
    assert works(kube, "shaken") == ["Prepare"] + ["Train"] * 4
    assert all(attempts(trial) == [(1, "Succeeded")] for trial in trials)
    check_record(trained(kube, "shaken"), 4)
    assert len({read.get("prepared") for name, read in given(kube, "shaken").items() if name != "shaken-prepare"}) == 1


@pytest.mark.usefixtures("ready_made")
def test_suspended_while_it_prepares_it_goes_on_when_it_is_resumed(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    kube.apply(search_on_own_data("resting", bucket, "--seconds=4", trials=1))
    wait_for(lambda: kube.pods("resting", "Running"), 30, "it prepares")
    kube.patch("resting", suspend=True)
    wait_for.condition("resting", "Suspended", reason="Suspended")
    assert not kube.list("jobs") and works(kube, "resting") == ["Prepare"]
    kube.patch("resting", suspend=None)
    wait_for.condition("resting", "Succeeded", timeout=90)
    [preparing] = [trial for trial in kube.trials("resting") if trial["spec"]["work"] == "Prepare"]
    assert attempts(preparing) == [(1, "Suspended"), (2, "Succeeded")]


@pytest.mark.usefixtures("ready_made")
def test_when_its_trial_is_deleted_the_data_are_prepared_again(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.apply(search_on_own_data("again", bucket, "--seconds=2", trials=4, parallel=1))
    wait_for.counts("again", succeeded=1)
    kube.delete("nastrial", "again-prepare")
    wait_for.condition("again", "DataReady", reason="Preparing")
    wait_for.condition("again", "Succeeded", timeout=90)
    assert works(kube, "again") == ["Prepare"] + ["Train"] * 4
    check_record(trained(kube, "again"), 4)

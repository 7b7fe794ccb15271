"""A search that is evaluated by a surrogate, which has learned from an earlier search, on a real API server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube, condition
from tests.support.operator_process import Operator
from tests.support.searches import FAULT_IMAGE, Json, check_record, fault_search
from tests.support.waiting import Waiter

from nas_core.records.names import TRIAL_INPUT_ANNOTATION
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView
from nas_plan.replay import Record

pytestmark = pytest.mark.cluster

TRAINER = """
import json, os
trial = json.load(open(os.environ["NAS_TRIAL_FILE"]))
def metrics(one):
    return {"val_accuracy": sum(op.startswith("nor") for op in one["architecture"].values()) / 10}
results = [{"id": one["id"], "outcome": "Succeeded", "metrics": metrics(one)} for one in trial["candidates"]]
told = {"outcome": "Succeeded", "metrics": results[0]["metrics"], "candidates": results if len(results) > 1 else []}
json.dump(told, open(os.environ["NAS_RESULT_FILE"], "w"))
"""
"""More convolutions are better, which a predictor learns."""


def search(name: str, bucket: Bucket, trials: int, **spec: Any) -> Json:
    given = {"storage": bucket.storage(), "searchSpace": {"name": "nas-bench-201"}} | spec
    made = fault_search(name, trials=trials, **given)
    made["spec"]["trialTemplate"] = {"image": FAULT_IMAGE, "command": ["python", "-c", TRAINER]}
    return made


def of_work(kube: Kube, name: str, work: str) -> list[Json]:
    return [trial for trial in kube.trials(name) if trial["spec"]["work"] == work]


def test_it_outlives_the_earlier_search_and_an_operator_that_is_killed(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    predicted = {"surrogate": {"from": {"searches": ["first"]}}, "candidatesPerTrial": 8}
    kube.apply(search("second", bucket, 60, evaluation=predicted, retrain={"epochs": 2, "top": 3}))
    wait_for.condition("second", "Accepted", reason="EarlierResultsNotFound", timeout=120)
    assert "there is no NASSearch 'first'" in condition(kube.search("second"), "Accepted")["message"]
    kube.apply(search("first", bucket, 48, evaluation={"candidatesPerTrial": 12}))
    [kept] = wait_for(lambda: of_work(kube, "second", "Earlier"), 240, "the results of the first")
    operator.crash()
    kube.delete("nassearch", "first")
    wait_for(lambda: len(of_work(kube, "second", "Train")) >= 2, 240, "candidates that are predicted")
    operator.crash()
    wait_for.condition("second", "Succeeded", timeout=240)
    found = kube.search("second")
    assert condition(found, "SurrogateReliable")["reason"] == "SurrogateRanks"
    assert "first: " in condition(found, "SurrogateReliable")["message"]
    assert of_work(kube, "second", "Earlier")[0]["spec"] == kept["spec"]
    check_record(of_work(kube, "second", "Train"), 60)
    inputs = [json.loads(pod["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION]) for pod in kube.pods("second")]
    assert {given["work"] for given in inputs} == {"Retrain"}, "no pod for a candidate"
    assert len(found["status"]["retrained"]) == 3 and "val_accuracy_std" in found["status"]["best"][0]["metrics"]
    record = Record.of(read_search(found), [TrialView.of(trial) for trial in kube.trials("second")])
    assert list(record.ask_again(range(60))) == [None] * 60

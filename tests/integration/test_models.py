"""What the API server says of NASModels, and what the operator does before there are weights: no trial is trained."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.kube import Json, Kube, condition
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster


def model(named: str, trial: str = "no-such-trial", **spec: Any) -> Json:
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASModel",
        "metadata": {"name": named},
        "spec": {"source": {"trial": trial}} | spec,
    }


def found(kube: Kube, name: str) -> Json:
    there = kube.find("nasmodels", name)
    assert there is not None
    return there


@pytest.mark.parametrize(
    ("named", "spec", "said"),
    [
        ("digits", {"name": "No Name"}, "must be a model's name"),
        ("digits", {"version": "1..2"}, "must be a version"),
        ("digits", {"exports": ["onnx", "onnx"]}, "name each format once"),
        ("digits", {"exports": ["tflite"]}, "supported values"),
        ("digits.v1", {}, "add spec.name"),
        ("d" * 57, {"name": "digits"}, "at most 56 characters"),
    ],
)
def test_a_wrong_model_is_refused(kube: Kube, named: str, spec: Json, said: str) -> None:
    with pytest.raises(RuntimeError) as denied:
        kube.kubectl("create", "--filename=-", stdin=json.dumps(model(named, **spec)))
    assert said in str(denied.value)


def test_only_stage_and_deletion_policy_change(kube: Kube) -> None:
    kube.apply(model("digits", name="digits", exports=["onnx"]))
    changes: list[Json] = [{"version": "2"}, {"name": "other"}, {"exports": []}, {"source": {"trial": "other"}}]
    for change in changes:
        patch = f"--patch={json.dumps({'spec': change})}"
        with pytest.raises(RuntimeError, match="only stage and deletionPolicy can change"):
            kube.kubectl("patch", "nasmodel", "digits", "--type=merge", patch)
    kube.kubectl("patch", "nasmodel", "digits", "--type=merge", '--patch={"spec": {"deletionPolicy": "Delete"}}')


@pytest.mark.usefixtures("operator")
def test_production_moves_to_the_version_that_became_it_last(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(model("m-1", name="m", version="1", stage="production"))
    wait_for(lambda: "productionSince" in found(kube, "m-1").get("status", {}), 20, "the first version in production")
    kube.apply(model("m-2", name="m", version="2"), model("other", stage="production"))
    kube.kubectl("patch", "nasmodel", "m-2", "--type=merge", '--patch={"spec": {"stage": "production"}}')
    wait_for(lambda: found(kube, "m-1")["spec"]["stage"] == "candidate", 20, "the former version a candidate")
    wait_for(lambda: "productionSince" in found(kube, "m-2").get("status", {}), 20, "the second version in production")
    wait_for(lambda: "productionSince" not in found(kube, "m-1")["status"], 20, "the former version's time gone")
    assert found(kube, "other")["spec"]["stage"] == "production"


@pytest.mark.usefixtures("operator")
def test_a_model_waits_for_its_trial_and_says_why_it_cannot_be_made(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(model("early", "own-00000"))
    wait_for(lambda: condition(found(kube, "early"), "Ready")["reason"] == "WaitingForTrial", 20, "it waits")
    kube.apply(fault_search("own", "--seconds=1", trials=1, parallel=1))
    wait_for(lambda: condition(found(kube, "early"), "Stalled")["status"] == "True", 60, "it stalls")
    assert "no spec.storage" in condition(found(kube, "early"), "Stalled")["message"]
    wait_for.events("early", "WaitingForTrial", "SourceUnusable")
    kube.delete("nasmodel", "early")

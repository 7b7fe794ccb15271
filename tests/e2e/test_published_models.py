"""A search's best becomes a model that outlives it: published, kept, watched over, deleted."""

from __future__ import annotations

import json

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube, condition
from tests.support.operator_process import Operator
from tests.support.searches import training_search
from tests.support.waiting import Waiter

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

NAME = "digits-1"


def found(kube: Kube, name: str = NAME) -> Json:
    there = kube.find("nasmodels", name)
    assert there is not None
    return there


def test_a_model_outlives_its_search(kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter) -> None:
    operator.restart(MODEL_CHECK_INTERVAL="2")
    search = training_search(
        "short",
        bucket,
        1,
        1,
        searchSpace={"name": "nas-bench-201", "width": 4, "depth": 1},
        evaluation={"epochs": 1},
        retrain={
            "epochs": 1,
            "publish": {"name": "digits", "version": "1", "stage": "production", "deletionPolicy": "Delete"},
            "exports": ["onnx"],
        },
    )
    search["metadata"]["annotations"] = {"nas-operator.io/git-commit": "c0ffee"}
    kube.apply(search)
    wait_for.condition("short", "Succeeded", timeout=300)
    wait_for(lambda: kube.find("nasmodels", NAME), 20, "the model published")
    wait_for(lambda: kube.status("short").get("published", {}).get("model") == NAME, 20, "it on record")

    # Somebody who can write a trial's status names what is not the trial's: no model is made of that.
    [trial] = [trial for trial in kube.trials("short") if trial["spec"].get("work") == "Train"]
    elsewhere = {"status": {"checkpoint": f"s3://{bucket.name}/secret/weights.safetensors"}}
    forge = ("patch", "nastrial", trial["metadata"]["name"], "--subresource=status", "--type=merge")
    kube.kubectl(*forge, f"--patch={json.dumps(elsewhere)}")
    forged = {"source": {"trial": trial["metadata"]["name"]}}
    kube.apply(
        {"apiVersion": "nas-operator.io/v1alpha1", "kind": "NASModel", "metadata": {"name": "forged"}, "spec": forged}
    )
    wait_for(lambda: condition(found(kube, "forged"), "Stalled")["status"] == "True", 30, "the forged model refused")
    assert "is not below" in condition(found(kube, "forged"), "Stalled")["message"]
    assert kube.find("jobs", "forged-export") is None

    uid = kube.search("short")["metadata"]["uid"]
    wait_for(lambda: found(kube).get("status", {}).get("lineage"), 60, "what it needs on record")
    wait_for(lambda: kube.find("jobs", f"{NAME}-export"), 20, "its Job")
    kube.delete("nassearch", "short")
    wait_for(lambda: condition(found(kube), "Ready")["status"] == "True", 300, "the model made")
    status = found(kube)["status"]
    assert (status["lineage"]["searchUID"], status["lineage"]["gitCommit"]) == (uid, "c0ffee")
    assert status["lineage"]["datasetHash"] and status["lineage"]["packages"]["torch"]
    assert {"bundle.json", "weights.safetensors", "exports/model.onnx", "card.md"} <= {
        file["path"] for file in status["artifacts"]
    }
    prefix = bucket.key_of(status["address"])
    for file in status["artifacts"]:
        assert len(bucket.get(prefix + file["path"])) == file["bytes"]

    wait_for(lambda: condition(found(kube), "StorageIntact")["status"] == "True", 30, "its files looked at")
    whole = bucket.get(f"{prefix}weights.safetensors")
    bucket.put(f"{prefix}weights.safetensors", whole[:-1] + b"x")
    wait_for(lambda: condition(found(kube), "StorageIntact")["status"] == "False", 30, "the damage found")
    assert condition(found(kube), "StorageIntact")["message"] == "weights.safetensors was changed"
    bucket.put(f"{prefix}weights.safetensors", whole)
    wait_for(lambda: condition(found(kube), "StorageIntact")["status"] == "True", 30, "the file whole again")
    wait_for.events(NAME, "Exporting", "Exported", "FilesDamaged", "FilesIntact")

    # With the result, which lies beside the folder of the files.
    own = prefix.removesuffix("/").rpartition("/")[0] + "/"
    assert f"{own}result.json" in bucket.keys(own)
    others = set(bucket.keys()) - set(bucket.keys(own))
    kube.delete("nasmodel", NAME)
    assert set(bucket.keys()) == others

"""From a search on the cluster to predictions where no operator is: retrained, loaded by its address, as reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.bucket import Bucket
from tests.support.bundles import CASES
from tests.support.kube import Json, Kube, condition
from tests.support.model_environment import ModelEnvironment
from tests.support.waiting import Waiter

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

PROGRAM = """
import json, sys
import nas_model
model = nas_model.load(sys.argv[1])
print(json.dumps([model.predict(sys.argv[2]).labels, dict(model.metrics)]))
"""

EXPORTS = ["onnx", "torchExport", "int8Onnx"]


def search_of(case: str, bucket: Bucket) -> Json:
    """Return a search of two candidates, of which the better one is trained again."""
    task = dict(CASES[case].task)
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": case},
        "spec": {
            "task": task | {"dataset": {**task["dataset"], "uri": f"s3://{bucket.name}/data/"}},
            "searchSpace": CASES[case].space,
            "objectives": [{"metric": "val_accuracy", "goal": "maximize"}],
            "strategy": {"random": {}, "seed": 3},
            "evaluation": {"epochs": 2, "batchSize": 16},
            "budget": {"maxTrials": 2, "parallelTrials": 1},
            "retrain": {"top": 1, "epochs": 4, "publish": {"name": case}, "exports": EXPORTS},
            "storage": bucket.storage(),
        },
    }


def test_a_retrained_model_predicts_as_reported_where_no_operator_is(
    kube: Kube, bucket: Bucket, wait_for: Waiter, tmp_path: Path
) -> None:
    case, data = "table", tmp_path / "data"
    data.mkdir()
    CASES[case].write(data)
    for file in data.rglob("*.*"):
        bucket.put(f"data/{file.relative_to(data).as_posix()}", file.read_bytes())
    kube.apply(search_of(case, bucket))
    wait_for.condition(case, "Succeeded", timeout=500)

    [winner] = kube.status(case)["retrained"]
    [trial] = [trial for trial in kube.trials(case) if trial["metadata"]["name"] == winner["trial"]]
    assert trial["status"]["bundle"] == winner["bundle"]
    given, truth = CASES[case].ask(data)
    environment = {
        "AWS_ACCESS_KEY_ID": bucket.server.access_key,
        "AWS_SECRET_ACCESS_KEY": bucket.server.secret_key,
        "AWS_ENDPOINT_URL": bucket.server.host_endpoint,
        "AWS_REGION": bucket.server.region,
        "NO_PROXY": "*",
    }
    asked = given if isinstance(given, Path) else data / "test.csv"
    printed = ModelEnvironment.make(tmp_path / "environment").run(PROGRAM, winner["bundle"], asked, env=environment)
    labels, metrics = json.loads(printed)
    right = sum(one == other for one, other in zip(labels, truth, strict=True)) / len(truth)
    assert right == pytest.approx(winner["metrics"]["test_accuracy"], abs=1e-9)
    assert metrics["test_accuracy"] == winner["metrics"]["test_accuracy"]

    # The same architecture as a model for others: every export was run over the test split.
    wait_for(lambda: ready(kube, case), 300, "the model made for others")
    [model] = models(kube, case)
    exports = {one["format"]: one["metrics"] for one in model["status"]["exports"]}
    assert set(EXPORTS) <= set(exports)
    assert exports["onnx"]["max_difference"] <= 1e-4 and exports["torchExport"]["max_difference"] <= 1e-4
    assert exports["onnx"]["test_accuracy"] == pytest.approx(winner["metrics"]["test_accuracy"], abs=1e-9)
    assert exports["int8Onnx"]["test_accuracy"] >= 0
    prefix = bucket.key_of(model["status"]["address"])
    assert b"| ONNX, int8 |" in bucket.get(f"{prefix}card.md")
    assert json.loads(bucket.get(f"{prefix}bom.cdx.json"))["bomFormat"] == "CycloneDX"


def models(kube: Kube, name: str) -> list[Json]:
    """Return the models of a name."""
    listed = json.loads(kube.kubectl("get", "nasmodels", "--output=json"))["items"]
    return [model for model in listed if model["spec"].get("name") == name]


def ready(kube: Kube, name: str) -> bool:
    """Whether the model of a name is made."""
    return any(condition(model, "Ready")["status"] == "True" for model in models(kube, name))

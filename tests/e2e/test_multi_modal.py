"""Files with images, texts and a table become a model: with a warm start, tracked by MLflow, used on raw examples."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.bundles import rows_of
from tests.support.kube import Json, Kube, condition
from tests.support.mlflow_process import MlflowProcess
from tests.support.operator_process import Operator
from tests.support.waiting import Waiter

import nas_model
from nas_dev.datasets import folder
from nas_dev.datasets.upload import upload
from nas_dev.paths import REPOSITORY
from nas_dev.steps import Steps

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

DATA = "image-text-table"
EXAMPLES = 300


def small(example: str, bucket: Bucket, trials: int) -> Json:
    """Return an example's search on some of its data, with all candidates in one trial."""
    search: Json = yaml.safe_load((REPOSITORY / f"examples/{example}.yaml").read_text())
    spec = search["spec"]
    spec["task"]["dataset"] |= {"uri": f"s3://{bucket.name}/datasets/{DATA}/", "maxExamples": EXAMPLES}
    spec |= {"storage": bucket.storage(), "budget": {"maxTrials": trials, "parallelTrials": 1}}
    spec["searchSpace"] |= {"width": 16, "depth": 1}
    spec["evaluation"] |= {"epochs": 1, "candidatesPerTrial": trials}
    return search


def test_from_files_to_a_model(
    kube: Kube, bucket: Bucket, operator: Operator, mlflow: MlflowProcess, wait_for: Waiter, tmp_path: Path
) -> None:
    operator.restart(TRACKING_ENDPOINTS=f"127.0.0.1:{mlflow.port}")
    mlflow.start()
    data = folder(DATA, Steps())
    upload(bucket.client, data, f"s3://{bucket.name}/datasets/{DATA}/")
    # As many results as a warm start takes.
    first, second = small("08-clothes", bucket, 5), small("21-multi-modal", bucket, 2)
    del first["spec"]["retrain"]
    second["spec"]["retrain"]["epochs"] = 4
    second["spec"]["tracking"]["mlflow"]["endpoint"] = mlflow.url
    kube.apply(first, second)
    wait_for.condition("clothes-again", "Succeeded", timeout=400)
    wait_for(lambda: (kube.find("nasmodels", "clothes-2") or {}).get("status", {}).get("address"), 200, "the model")
    model = kube.find("nasmodels", "clothes-2")
    assert model is not None and condition(model, "Ready")["status"] == "True"

    [trial] = [trial for trial in kube.trials("clothes-again") if trial["spec"]["work"] == "Train"]
    begun = trial["spec"]["candidates"][0]
    assert begun["origin"] == "WarmStart" and begun["source"].startswith("clothes/")

    address = model["status"]["address"]
    wait_for(lambda: [one["source"] for one in mlflow.versions()] == [address], 60, "the model registered at MLflow")
    runs = {run["tags"]["nas.key"]: run for run in mlflow.runs("clothes")}
    assert runs[kube.search("clothes-again")["metadata"]["uid"]]["info"]["status"] == "FINISHED"

    prefix = bucket.key_of(address)
    for file in model["status"]["artifacts"]:
        path = tmp_path / "model" / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bucket.get(prefix + file["path"]))
    with tarfile.open(data / "clothes.tar") as archive:
        archive.extractall(tmp_path / "raw", filter="data")
    found = nas_model.load(tmp_path / "model").predict(tmp_path / "raw/clothes.csv")
    labels = [row["label"] for row in rows_of(tmp_path / "raw/clothes.csv")]
    right = sum(one == other for one, other in zip(found.labels, labels, strict=True))
    assert right / len(labels) > 0.2, "guessing gives 0.1"

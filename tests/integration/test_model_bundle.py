"""A bundle in a real S3 server: written by the trainer, loaded by its address, damaged in the bucket."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.support.bucket import Bucket
from tests.support.bundles import CASES, attempt_of, trial_of

import nas_model
from nas_core.states import Work
from nas_model.errors import BundleError
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket
from nas_trial.work.table import WORK

pytestmark = pytest.mark.cluster


@pytest.fixture
def environment(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.server.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.server.host_endpoint)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.usefixtures("environment")
def test_a_model_is_loaded_by_its_address(bucket: Bucket, tmp_path: Path) -> None:
    case = CASES["table"]
    case.write(tmp_path)
    storage = {"bucket": bucket.name, "root": "root", "endpoint": bucket.server.host_endpoint}
    trial = trial_of(case, tmp_path, storage=storage)
    assert trial.storage is not None
    result = WORK[Work.RETRAIN](attempt_of(trial, open_bucket(trial.storage, StopFlag())))
    assert result.bundle == f"s3://{bucket.name}/root/trials/small-0/bundle/a001/"
    given, truth = case.ask(tmp_path)
    labels = nas_model.load(result.bundle).predict(given).labels
    assert np.mean(np.array(labels) == truth) == result.metrics["test_accuracy"]
    bucket.put("root/trials/small-0/bundle/a001/weights.safetensors", b"damaged")
    with pytest.raises(BundleError, match=r"weights.safetensors is damaged"):
        nas_model.load(result.bundle)


@pytest.mark.usefixtures("environment")
def test_a_model_for_others_lies_below_its_own_prefix(bucket: Bucket, tmp_path: Path) -> None:
    case = CASES["image"]
    case.write(tmp_path)
    storage = {"bucket": bucket.name, "root": "root", "endpoint": bucket.server.host_endpoint}
    training = trial_of(case, tmp_path, storage=storage)
    assert training.storage is not None
    store = open_bucket(training.storage, StopFlag())
    trained = WORK[Work.RETRAIN](attempt_of(training, store))
    source = {"trial": "small-0", "bundle": trained.bundle, "metrics": trained.metrics}
    model = {"name": "pictures", "version": "1", "prefix": "models/pictures/1/", "source": source}
    identity = {**training.identity.model_dump(), "trial": "pictures-1"}
    asked = {"work": "Export", "identity": identity, "model": model | {"exports": ["onnx", "int8Onnx"]}}
    exporting = attempt_of(trial_of(case, tmp_path, storage=storage, **asked), store)
    result = WORK[Work.EXPORT](exporting)
    # Beside other tests the node may be busy, which is said of latencies.
    assert result.model is not None and [w for w in result.warnings if "latencies" not in w] == []
    folder = f"models/pictures/1/{result.model.folder}"
    assert {f"{folder}{artifact.path}" for artifact in result.model.artifacts} == set(store.keys(folder))
    made = {key: store.get(key) for key in store.keys(folder)}
    again = WORK[Work.EXPORT](exporting).model
    assert again is not None and again.folder != result.model.folder
    assert {key: store.get(key) for key in store.keys(folder)} == made, "another try damages nothing"
    given, truth = case.ask(tmp_path)
    found = nas_model.load(f"s3://{bucket.name}/{folder}").predict(given).labels
    assert np.mean(np.array(found) == truth) == trained.metrics["test_accuracy"]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("address", ["s3://{}/nothing/", "s3://no-such-bucket/nothing/"])
def test_an_address_without_a_bundle_is_told(bucket: Bucket, address: str) -> None:
    with pytest.raises(BundleError, match=r"bundle.json: cannot be read: .*NoSuch(Key|Bucket)"):
        nas_model.load(address.format(bucket.name))

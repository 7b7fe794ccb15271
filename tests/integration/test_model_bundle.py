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
@pytest.mark.parametrize("address", ["s3://{}/nothing/", "s3://no-such-bucket/nothing/"])
def test_an_address_without_a_bundle_is_told(bucket: Bucket, address: str) -> None:
    with pytest.raises(BundleError, match=r"bundle.json: cannot be read: .*NoSuch(Key|Bucket)"):
        nas_model.load(address.format(bucket.name))

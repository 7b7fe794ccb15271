"""The trainer with a real S3 server: it reads data there, resumes from checkpoints, and records one result."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from tests.support.bucket import Bucket
from tests.support.trainer_process import start_trainer
from tests.support.trials import trial_input

from nas_core.contract import (
    EXIT_CANDIDATE,
    EXIT_CHECKPOINTED,
    EXIT_OK,
    StorageLocation,
    TrialResult,
)
from nas_storage import bucket as bucket_module
from nas_storage.bucket import PART_BYTES
from nas_storage.faults import NotFound
from nas_storage.store import ObjectStore
from nas_trial.errors import StorageUnavailable
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket

pytestmark = pytest.mark.cluster

REPOSITORY = Path(__file__).parents[2]
TRIAL = "root/trials/digits-0"


@pytest.fixture
def location(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> StorageLocation:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.server.secret_key)
    monkeypatch.setenv("NO_PROXY", "*")
    return StorageLocation(bucket=bucket.name, root="root", endpoint=bucket.server.host_endpoint)


@pytest.fixture
def store(location: StorageLocation) -> ObjectStore:
    return open_bucket(location, StopFlag())


def test_objects(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        store.get("a/x")
    store.put("a/x", b"1")
    store.put("a/x", b"2")
    store.put("ab", b"3")
    assert store.get("a/x") == b"2"
    assert store.keys("a/") == ["a/x"]
    store.delete("a/x")
    store.delete("a/x")
    assert store.keys("a") == ["ab"]


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1])
def test_an_object_is_downloaded_in_parts(store: ObjectStore, size: int) -> None:
    content, file = os.urandom(size), io.BytesIO()
    store.put("large", content)
    store.download("large", file)
    assert file.getvalue() == content and store.head("large", 100) == content[:100]
    with pytest.raises(NotFound):
        store.download("none", file)


def test_a_large_object_is_put_in_parts(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 takes 5 GiB in one piece; its parts have 5 MiB at least."""
    monkeypatch.setattr(bucket_module, "PUT_BYTES", 5 << 20)
    content, file = os.urandom((12 << 20) + 1), io.BytesIO()
    store.put("parts", content)
    store.download("parts", file)
    assert file.getvalue() == content


def test_one_of_many_puts_once(store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        put = list(pool.map(lambda k: store.put_once("once", str(k).encode()), range(8)))
    assert sum(put) == 1
    assert store.get("once") == str(put.index(True)).encode()


def test_listings_have_pages(store: ObjectStore) -> None:
    keys = [f"many/{k:04d}" for k in range(1001)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put(key, b""), keys))
    assert store.keys("many/") == keys


def test_a_wrong_key_is_no_matter_of_patience(location: StorageLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    message = f"cannot be used: SignatureDoesNotMatch in bucket '{location.bucket}'"
    with pytest.raises(StorageUnavailable, match=message):
        open_bucket(location, StopFlag()).get("k")


@dataclass
class Trainer:
    """Attempts of one trial, each a process."""

    location: StorageLocation
    directory: Path

    def start(self, attempt: int, **changes: Any) -> subprocess.Popen[str]:
        given = trial_input(**{"storage": self.location.to_dict()} | changes).to_dict()
        given["identity"]["attempt"] = attempt
        return start_trainer(self.directory, given)

    def run(self, attempt: int, **changes: Any) -> tuple[int, str]:
        """Return exit code and log."""
        process = self.start(attempt, **changes)
        log, _ = process.communicate(timeout=300)
        return process.returncode, log

    def end(self, attempt: int, number: int, epochs: int, **changes: Any) -> tuple[int, str]:
        """Send a signal once so many epochs are done; return exit code and log."""
        process, log = self.start(attempt, **changes), ""
        assert process.stdout
        for line in process.stdout:
            log += line
            if f'"epoch", "epoch": {epochs},' in line:
                break
        process.send_signal(number)
        rest, _ = process.communicate(timeout=30)
        return process.returncode, log + rest

    @property
    def result(self) -> TrialResult:
        return TrialResult.model_validate_json((self.directory / "result.json").read_text())


@pytest.fixture
def trainer(location: StorageLocation, tmp_path: Path) -> Trainer:
    return Trainer(location, tmp_path)


LONG = {"evaluation": {"epochs": 40, "batchSize": 16}}


def lasting(result: TrialResult) -> dict[str, float]:
    """Return the metrics that do not depend on time."""
    timed = (
        "latency_ms",
        "latency_p90_ms",
        "throughput_per_s",
        "train_seconds",
        "examples_per_second",
        "device_wait_share",
    )
    return {k: v for k, v in result.metrics.items() if k not in timed}


def test_a_trial_ended_twice_goes_on_from_an_intact_checkpoint_and_learns_the_same(
    trainer: Trainer, bucket: Bucket, tmp_path: Path
) -> None:
    code, log = trainer.end(1, signal.SIGTERM, epochs=2, **LONG)
    assert code == EXIT_CHECKPOINTED, log
    code, log = trainer.end(2, signal.SIGKILL, epochs=12, **LONG)
    assert code == -signal.SIGKILL
    assert '"resumed"' in log
    newest = [key for key in bucket.keys(f"{TRIAL}/checkpoints/") if key.endswith(".json")][-1]
    weights = newest.replace(".json", ".safetensors")
    bucket.put(weights, bucket.get(weights)[:-1])
    code, log = trainer.run(3, **LONG)
    assert code == EXIT_OK, log
    [skipped] = [json.loads(line) for line in log.splitlines() if '"checkpoint-skipped"' in line]
    assert skipped["key"] == newest
    result = trainer.result
    assert result == TrialResult.model_validate_json(bucket.get(f"{TRIAL}/result.json"))
    assert (result.attempt, result.epochs) == (3, 40)
    assert result.resumed_from_epoch is not None
    assert result.resumed_from_epoch >= 10
    assert result.checkpoint == f"s3://{bucket.name}/{TRIAL}/checkpoints/e00040-s0000000-a003.safetensors"
    assert len(bucket.keys(f"{TRIAL}/checkpoints/")) == 4

    undisturbed = Trainer(trainer.location.model_copy(update={"root": "undisturbed"}), tmp_path)
    assert undisturbed.run(1, **LONG)[0] == EXIT_OK
    assert lasting(undisturbed.result) == lasting(result)


def test_a_recorded_result_stands(trainer: Trainer, bucket: Bucket) -> None:
    recorded = TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.25}, attempt=1)
    bucket.put(f"{TRIAL}/result.json", recorded.model_dump_json(by_alias=True).encode())
    code, log = trainer.run(2)
    assert code == EXIT_OK, log
    assert trainer.result == recorded
    assert bucket.keys(f"{TRIAL}/checkpoints/") == []


def upload_npz(bucket: Bucket, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> str:
    buffer = io.BytesIO()
    np.savez(buffer, x=x, y=y)
    bucket.put("data/digits.npz", buffer.getvalue())
    return "data/digits.npz"


def upload_idx(bucket: Bucket, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> str:
    for name, array in (("images-idx3", x), ("labels-idx1", y)):
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        bucket.put(f"data/train-{name}-ubyte", header + array.astype(np.uint8).tobytes())
    return "data/"


def upload_images(bucket: Bucket, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> str:
    for k, (image, label) in enumerate(zip(x, y, strict=True)):
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "PNG")
        bucket.put(f"data/{label}/{k:04d}.png", buffer.getvalue())
    return "data"


def test_the_same_data_in_every_format_gives_the_same_result(
    location: StorageLocation, bucket: Bucket, tmp_path: Path
) -> None:
    digits = load_digits()
    order = np.argsort(digits.target[:200], kind="stable")  # as a listing of folders sorts them
    x, y = (digits.images[:200] * 15).astype(np.uint8)[order], digits.target[:200][order]
    results = []
    for upload in (upload_npz, upload_idx, upload_images):
        root = upload.__name__
        trainer = Trainer(location.model_copy(update={"root": root}), tmp_path)
        uri = f"s3://{bucket.name}/{upload(bucket, x, y)}"
        code, log = trainer.run(1, task={"dataset": {"uri": uri}})
        assert code == EXIT_OK, log
        results.append((trainer.result.dataset_hash, lasting(trainer.result)))
        for key in bucket.keys("data"):
            bucket.client.delete_object(Bucket=bucket.name, Key=key)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(("name", "remedy"), [("{}", "upload the data"), ("{}-of-nobody", "there is no bucket")])
def test_data_that_is_not_there(name: str, remedy: str, trainer: Trainer, bucket: Bucket) -> None:
    uri = f"s3://{name.format(bucket.name)}/nowhere.npz"
    code, log = trainer.run(1, task={"dataset": {"uri": uri}})
    assert code == EXIT_CANDIDATE, log
    assert trainer.result.reason == "DatasetNotFound"
    assert uri in trainer.result.message
    assert remedy in trainer.result.message


def test_data_that_cannot_be_learned_from(trainer: Trainer, bucket: Bucket) -> None:
    x = np.zeros((20, 8, 8), np.float32)
    x[7] = np.nan
    uri = f"s3://{bucket.name}/{upload_npz(bucket, x, np.arange(20) % 2)}"
    code, log = trainer.run(1, task={"dataset": {"uri": uri}})
    assert code == EXIT_CANDIDATE, log
    assert trainer.result.reason == "DatasetInvalid"
    assert f"{uri}: image of row 7" in trainer.result.message

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from tests.support.trials import trial_input
from tests.support.whole_split import whole

from nas_core.contract import DATA_CACHE_ENV, TrialInput, TrialResult
from nas_storage.directory_store import DirectoryStore
from nas_trial.data import load, source
from nas_trial.data.examples import Examples
from nas_trial.data.prepared.make import Maker
from nas_trial.data.prepared.publish import Publisher
from nas_trial.errors import CandidateRejected, DatasetInvalid, Stopped
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work.attempt import Attempt
from nas_trial.work.prepare import prepare

STORAGE = {"bucket": "bucket", "root": "prefix/team/search/uid"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    folder.mkdir()
    x = rng.integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(folder / "d.npz", x=x, y=np.arange(60) % 3, x_test=x[:9], y_test=np.arange(9) % 3)
    np.savez(folder / "d.npz", x_train=x, y_train=np.arange(60) % 3, x_test=x[:9], y_test=np.arange(9) % 3)
    return folder


def trial(data: Path, **dataset: Any) -> TrialInput:
    task = {"type": "image-classification", "dataset": {"path": str(data), **dataset}}
    return trial_input(task=task, work="Prepare", candidates=[], storage=STORAGE)


def run(given: TrialInput, store: DirectoryStore | None, stop: StopFlag | None = None) -> TrialResult:
    endpoint = MetricsEndpoint(given.identity)
    return prepare(Attempt(given, stop or StopFlag(), Watchdog(print), endpoint, store))


def folder_of(result: TrialResult) -> str:
    assert result.dataset is not None and result.dataset.address is not None
    return result.dataset.address.removeprefix("s3://bucket/")


def opened(given: TrialInput, result: TrialResult, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> Examples:
    monkeypatch.setattr(load, "open_bucket", lambda *_: store)
    assert result.dataset is not None
    address = result.dataset.address
    return load.load_examples(given.task, given.storage, 0, torch.device("cpu"), StopFlag(), address)


def test_what_is_stored(data: Path, store: DirectoryStore) -> None:
    result = run(trial(data), store)
    prefix, summary = folder_of(result), result.dataset
    assert prefix.startswith("prefix/team/datasets/") and summary is not None
    assert (summary.training, summary.validation, summary.test, summary.classes) == (48, 12, 9, 3)
    assert summary.inputs == {"image": "1x8x8"} and summary.largest_class == pytest.approx(1 / 3)
    assert [each.name for each in summary.baseline] == ["majority", "linear", "gradient-boosting"]
    assert "nearest centroid" in summary.features
    assert "test_accuracy" in summary.baseline[0].metrics
    names = [key.removeprefix(prefix) for key in store.keys(prefix)]
    assert [name.split("-")[0] for name in names] == [
        *("manifest.json", "preprocessing.json", "report.json", "samples.png", "splits.arrow"),
        *("test", "test", "train", "train", "val", "val"),
    ]
    report = json.loads(store.get(prefix + "report.json"))
    assert report["rows"] == 60 and report["splits"]["train"] == {"rows": 48, "classes": {"0": 16, "1": 16, "2": 16}}
    assert report["leakage"] == {"validation": 0, "test": 9}
    leak = "9 of 9 test rows equal rows that are trained on"
    assert any(leak in w for w in report["warnings"]) and leak in result.warnings[0]
    splits = pa.ipc.open_file(store.get(prefix + "splits.arrow")).read_all()
    assert sorted(splits["split"].to_pylist()) == [0] * 48 + [1] * 12
    with Image.open(store.directory / prefix / "samples.png") as picture:
        assert picture.height > 3 * 90


def test_trials_open_what_they_would_have_made(
    data: Path, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = trial(data)
    result = run(given, store)
    examples = opened(given, result, store, monkeypatch)
    assert result.dataset is not None and list(examples.baseline) == result.dataset.baseline
    own = load.load_examples(given.task, None, given.data_seed, torch.device("cpu"), StopFlag())
    assert (examples.hash, examples.signature, examples.classes) == (own.hash, own.signature, own.classes)
    for name in ("train", "val", "test"):
        one, other = whole(getattr(examples, name)), whole(getattr(own, name))
        assert torch.equal(one.targets, other.targets) and torch.equal(one.rows["image"], other.rows["image"])
    assert all(
        torch.equal(one, other) for one, other in zip(examples.scales["image"], own.scales["image"], strict=True)
    )


def test_what_is_there_is_not_made_again(data: Path, store: DirectoryStore) -> None:
    first = run(trial(data), store)
    (data / "d.npz").touch()
    before = store.tags("")
    other_search = trial(data).model_copy(
        update={"storage": trial(data).storage.model_copy(update={"root": "prefix/team/other/uid2"})}  # type: ignore[union-attr]
    )
    assert run(other_search, store).dataset == first.dataset
    assert store.tags("") == before


@pytest.mark.parametrize("lost", ["train", "splits", "preprocessing"])
def test_what_is_not_whole_is_made_again(lost: str, data: Path, store: DirectoryStore) -> None:
    first = run(trial(data), store)
    [key] = [key for key in store.keys("") if f"/{lost}" in key and "targets" not in key]
    store.delete(key)
    kept = [key for key in store.keys("") if "/val-0" in key]
    before = {key: store.tags("")[key] for key in kept}
    assert run(trial(data), store).dataset == first.dataset
    assert key in store.keys("") and {key: store.tags("")[key] for key in kept} == before


@pytest.mark.parametrize(
    "changed", [{"maxExamples": 30}, {"validationFraction": "0.3"}, {"image": {"size": 4}}], ids=str
)
def test_other_wishes_are_another_data_set(changed: dict[str, Any], data: Path, store: DirectoryStore) -> None:
    assert folder_of(run(trial(data), store)) != folder_of(run(trial(data, **changed), store))


def test_what_does_not_change_the_data_is_no_other_data_set(data: Path, store: DirectoryStore) -> None:
    one = folder_of(run(trial(data), store))
    assert folder_of(run(trial(data, memoryLimit="1Gi"), store)) == one
    moved = data.rename(data.parent / "elsewhere")
    assert folder_of(run(trial(moved), store)) == one
    np.savez(moved / "d.npz", x=np.zeros((20, 8, 8), np.uint8), y=np.arange(20) % 2)
    assert folder_of(run(trial(moved, duplicates="ignore"), store)) != one


class StoppingStore(DirectoryStore):
    """Asks to stop with the first object that is put."""

    def __init__(self, directory: Path, stop: StopFlag) -> None:
        super().__init__(directory)
        self.stop = stop

    def put(self, key: str, content: bytes) -> None:
        super().put(key, content)
        self.stop.set()


def test_stopped_and_gone_on_it_stores_the_rest(data: Path, store: DirectoryStore) -> None:
    stop = StopFlag()
    with pytest.raises(Stopped):
        run(trial(data), StoppingStore(store.directory, stop), stop)
    early = store.tags("")
    assert len(early) == 1 and "/train-" in next(iter(early))
    run(trial(data), store)
    assert [key for key in store.keys("") if key.endswith("manifest.json")]
    assert all(store.tags("")[key] == tag for key, tag in early.items()), "what was there is not put again"


def test_a_damaged_file_is_named(data: Path, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    given = trial(data)
    result = run(given, store)
    [key] = [key for key in store.keys("") if "/train-0" in key]
    content = bytearray(store.get(key))
    content[1000] ^= 1
    store.put(key, bytes(content))
    with pytest.raises(DatasetInvalid, match=r"s3://bucket/.*/train-.*\.arrow: is damaged.*delete its folder"):
        opened(given, result, store, monkeypatch)
    store.put(key, bytes(content) * 3)
    with pytest.raises(DatasetInvalid, match="is damaged"):
        opened(given, result, store, monkeypatch)
    store.delete(key)
    with pytest.raises(DatasetInvalid, match="is missing"):
        opened(given, result, store, monkeypatch)
    store.delete(folder_of(result) + "manifest.json")
    with pytest.raises(DatasetInvalid, match=r"manifest\.json: there is no prepared data set"):
        opened(given, result, store, monkeypatch)


def test_a_full_disk_is_told(
    data: Path, store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = trial(data)
    result = run(given, store)
    [key] = [key for key in store.keys("") if "/train-0" in key]
    full = tmp_path / "full"
    full.mkdir()
    (full / f"{Path(key).name}.part").symlink_to("/dev/full")
    monkeypatch.setattr(load, "scratch", lambda: full)
    with pytest.raises(DatasetInvalid, match=f"s3://bucket/{key}: there is no room for it on the disk of {full}"):
        opened(given, result, store, monkeypatch)


@pytest.mark.parametrize("name", ["report.json", "splits.arrow"])
def test_a_full_disk_is_told_when_the_report_is_written(
    name: str, data: Path, store: DirectoryStore, tmp_path: Path
) -> None:
    directory = tmp_path / "prepared"
    directory.mkdir()
    (directory / name).symlink_to("/dev/full")
    task = trial(data).task
    made = Maker(task, 0, directory, lambda *_: None).make(source.read(task, None, StopFlag()))
    with pytest.raises(
        DatasetInvalid, match=f"the report on the data: there is no room for it on the disk of {directory}"
    ):
        Publisher(store, "p/", directory, lambda *_: None).publish(made, "key")


def test_what_the_node_has_kept_is_not_fetched_again(
    data: Path, store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = trial(data)
    result = run(given, store)
    monkeypatch.setenv(DATA_CACHE_ENV, str(tmp_path / "cache"))
    first = opened(given, result, store, monkeypatch)
    for key in store.keys(""):
        if not key.endswith("manifest.json"):
            store.delete(key)
    again = opened(given, result, store, monkeypatch)
    assert torch.equal(whole(first.train).rows["image"], whole(again.train).rows["image"])


def test_shards_are_fetched_when_they_are_needed(
    data: Path, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = trial(data, memoryLimit="1Ki")
    result = run(given, store)
    for key in store.keys(""):
        if "/train-0" in key or "/test-" in key:
            store.delete(key)
    examples = opened(given, result, store, monkeypatch)
    assert len(examples.train) == 48 and len(whole(examples.val)) == 12
    with pytest.raises(DatasetInvalid, match=r"train-00000-.*\.arrow: is missing"):
        whole(examples.train)


def test_data_that_cannot_be_learned_from(data: Path, store: DirectoryStore) -> None:
    np.savez(data / "d.npz", x=np.zeros((4, 8, 8), np.uint8), y=np.array([0, 0, 0, 1]))
    with pytest.raises(DatasetInvalid, match="class '1' has one example"):
        run(trial(data), store)
    assert store.keys("") == []


def test_it_needs_a_storage(data: Path) -> None:
    given = trial(data).model_copy(update={"storage": None})
    with pytest.raises(CandidateRejected, match=r"work Prepare needs spec\.storage"):
        run(given, None)


def test_preparing_needs_no_pytorch() -> None:
    program = "import sys; from nas_trial.work import prepare, table; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

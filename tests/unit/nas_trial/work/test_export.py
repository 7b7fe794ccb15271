from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from tests.support.bundles import CASES, Case, attempt_of, retrained, trial_of
from tests.support.signing import verify, write_keys

import nas_model
from nas_core.contract import SIGNING_KEY_ENV, TrialInput, TrialResult
from nas_core.states import Outcome, Work
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import CandidateRejected, Stopped, StorageUnavailable
from nas_trial.work.result import record, result_place
from nas_trial.work.table import WORK

PREFIX = "models/team/risk/v1/"
IDENTITY = {"namespace": "team", "search": "small", "searchUID": "uid", "trial": "risk-v1", "index": 0, "attempt": 1}


@pytest.fixture(autouse=True)
def quick_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measuring has tests of its own."""
    monkeypatch.setattr("nas_trial.work.model_files.contended", lambda _: False)
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))


def request_of(trained: TrialResult, data: Path, case: Case, exports: list[str], **source: Any) -> TrialInput:
    given = {"trial": "small-0", "bundle": trained.bundle, "checkpoint": trained.checkpoint, "metrics": trained.metrics}
    model = {"name": "risk", "version": "v1", "prefix": PREFIX, "source": given | source, "exports": exports}
    return trial_of(case, data, work="Export", identity=IDENTITY, model=model | {"lineage": {"image": "sha256:abc"}})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrialResult, Path]:
    """A retrained table, and the folder of its data and objects."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))
        folder = tmp_path_factory.mktemp("trained")
        return retrained(CASES["table"], folder)[0], folder


class Dying(DirectoryStore):
    """A storage that is gone after some of the model's objects."""

    left = 0

    def put(self, key: str, content: bytes) -> None:
        if key.startswith(PREFIX):
            if not self.left:
                raise StorageUnavailable("gone")
            self.left -= 1
        super().put(key, content)


def place(result: TrialResult) -> str:
    """Where the files of a model are."""
    assert result.model is not None
    return PREFIX + result.model.folder


def export(request: TrialInput, store: DirectoryStore) -> TrialResult:
    return WORK[Work.EXPORT](attempt_of(request, store))


@pytest.fixture
def store(trained: tuple[TrialResult, Path], tmp_path: Path) -> DirectoryStore:
    """A copy of what the trial has stored."""
    original = DirectoryStore(trained[1] / "objects")
    copy = DirectoryStore(tmp_path / "copy")
    for key in original.keys(""):
        copy.put(key, original.get(key))
    return copy


def test_a_model_has_all_that_others_need(trained: tuple[TrialResult, Path], store: DirectoryStore) -> None:
    result = export(request_of(trained[0], trained[1] / "data", CASES["table"], ["onnx"]), store)
    assert result.outcome == Outcome.SUCCEEDED and result.warnings == [] and result.model is not None
    names = {artifact.path: artifact for artifact in result.model.artifacts}
    assert {"weights.safetensors", "exports/model.onnx", "card.md", "bom.cdx.json", "bundle.json"} < set(names)
    assert {place(result) + name for name in names} == set(store.keys(PREFIX))
    assert names["exports/model.onnx"].format == "onnx"
    assert set(result.model.metrics) == {"pytorch", "onnx"}
    reported = trained[0].metrics["test_accuracy"]
    assert result.model.metrics["onnx"]["test_accuracy"] == pytest.approx(reported, abs=1e-9)
    assert result.model.metrics["onnx"]["max_difference"] < 1e-4

    model = nas_model.load(store.directory / place(result))
    given, truth = CASES["table"].ask(trained[1] / "data")
    accuracy = np.mean([one == other for one, other in zip(model.predict(given).labels, truth, strict=True)])
    assert accuracy == pytest.approx(reported, abs=1e-9)
    assert model.manifest.model is not None and model.manifest.model.version == "v1"
    card = store.get(place(result) + "card.md").decode()
    assert "# risk v1" in card and "- image: sha256:abc" in card and "| ONNX, float32 |" in card
    assert (
        onnxruntime.InferenceSession(store.get(place(result) + "exports/model.onnx")).get_outputs()[0].name == "logits"
    )


def test_latencies_of_a_busy_node_are_told(
    trained: tuple[TrialResult, Path], store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nas_trial.work.model_files.contended", lambda _: True)
    result = export(request_of(trained[0], trained[1] / "data", CASES["table"], []), store)
    [warning] = result.warnings
    assert "they may be too long" in warning and warning in store.get(place(result) + "card.md").decode()


@pytest.mark.parametrize("written", range(9))
def test_killed_between_any_two_writes_the_next_attempt_makes_a_whole_model(
    written: int, trained: tuple[TrialResult, Path], store: DirectoryStore
) -> None:
    request = request_of(trained[0], trained[1] / "data", CASES["table"], [])
    dying = Dying(store.directory)
    dying.left = written
    with pytest.raises(StorageUnavailable):
        export(request, dying)
    assert not [key for key in store.keys(PREFIX) if key.endswith("bundle.json")]
    result = export(request, store)
    assert nas_model.load(store.directory / place(result))


class Slow(DirectoryStore):
    """A storage before whose last write of the model something else happens."""

    before_last: Callable[[], None]

    def put(self, key: str, content: bytes) -> None:
        if key.endswith("bundle.json"):
            self.before_last()
        super().put(key, content)


def test_an_attempt_that_goes_on_on_a_lost_node_does_not_touch_the_model_of_the_next(
    trained: tuple[TrialResult, Path], store: DirectoryStore
) -> None:
    request = request_of(trained[0], trained[1] / "data", CASES["table"], [])
    slow, made, files = Slow(store.directory), [], {}

    def next_attempt() -> None:
        made.append(record(store, result_place(request), export(request, store)))
        files.update({key: store.get(key) for key in store.keys(PREFIX)})

    slow.before_last = next_attempt
    late = record(store, result_place(request), export(request, slow))
    assert late == made[0], "the first result stands"
    assert {key: store.get(key) for key in files} == files
    for artifact in late.model.artifacts if late.model else []:
        assert hashlib.sha256(store.get(place(late) + artifact.path)).hexdigest() == artifact.sha256


def test_a_trial_of_the_search_becomes_a_model_by_its_checkpoint(
    trained: tuple[TrialResult, Path], store: DirectoryStore
) -> None:
    result = export(request_of(trained[0], trained[1] / "data", CASES["table"], [], bundle=None), store)
    model = nas_model.load(store.directory / place(result))
    assert model.manifest.origin.trial == "small-0" and dict(model.metrics) == result.metrics
    assert "| train | 60 |" in store.get(place(result) + "card.md").decode()


@pytest.mark.parametrize(
    "source",
    [
        {"bundle": "s3://bucket/root/trials/other-0/bundle/a001/"},
        {"bundle": "s3://other/root/trials/small-0/bundle/a001/"},
        {"bundle": None, "checkpoint": None},
        {"bundle": "s3://bucket/root/trials/small-0/bundle/a009/"},
    ],
)
def test_what_is_not_its_trials_or_not_there_is_refused(
    source: dict[str, Any], trained: tuple[TrialResult, Path], store: DirectoryStore
) -> None:
    with pytest.raises(CandidateRejected) as error:
        export(request_of(trained[0], trained[1] / "data", CASES["table"], [], **source), store)
    assert error.value.reason == "ModelInvalid" and "small-0" in error.value.message


def test_a_damaged_bundle_is_refused_by_the_name_of_the_file(
    trained: tuple[TrialResult, Path], store: DirectoryStore
) -> None:
    store.put("root/trials/small-0/bundle/a001/weights.safetensors", b"exchanged")
    with pytest.raises(CandidateRejected, match=r"weights\.safetensors is damaged"):
        export(request_of(trained[0], trained[1] / "data", CASES["table"], []), store)


def test_asked_to_stop_it_stops(trained: tuple[TrialResult, Path], store: DirectoryStore) -> None:
    attempt = attempt_of(request_of(trained[0], trained[1] / "data", CASES["table"], []), store)
    attempt.stop.set()
    with pytest.raises(Stopped):
        WORK[Work.EXPORT](attempt)
    assert not store.keys(PREFIX)


def test_with_a_key_the_model_is_signed_and_the_manifest_is_still_the_last(
    trained: tuple[TrialResult, Path], store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = write_keys(tmp_path)
    monkeypatch.setenv(SIGNING_KEY_ENV, str(private))
    request = request_of(trained[0], trained[1] / "data", CASES["table"], [])
    result = export(request, store)
    assert result.model is not None and "model.sig" in {artifact.path for artifact in result.model.artifacts}
    assert verify(store.directory / place(result), public) == 0
    names = [file["name"] for file in json.loads(store.get(place(result) + "bundle.json"))["files"]]
    assert "model.sig" not in names  # it is of the manifest too


def test_a_key_that_cannot_sign_is_said(
    trained: tuple[TrialResult, Path], store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SIGNING_KEY_ENV, "/no/such/key.pem")
    with pytest.raises(CandidateRejected, match=r"key\.pem cannot sign"):
        export(request_of(trained[0], trained[1] / "data", CASES["table"], []), store)


def test_without_a_model_that_is_asked_for_there_is_nothing_to_do(tmp_path: Path, store: DirectoryStore) -> None:
    trial = trial_of(CASES["table"], tmp_path, work="Export")
    with pytest.raises(CandidateRejected, match="work Export needs"):
        export(trial, store)

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.bundles import CASES, attempt_of, retrained, trial_of

import nas_model
from nas_core.contract import TrialInput
from nas_core.states import Work
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import StorageUnavailable
from nas_trial.work.table import WORK

CASE = CASES["table"]
PREFIX = "root/trials/small-0/bundle/"


@pytest.fixture(autouse=True)
def quick_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measuring has tests of its own."""
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))


@pytest.fixture
def trial(tmp_path: Path) -> TrialInput:
    CASE.write(tmp_path)
    return trial_of(CASE, tmp_path)


def test_a_retraining_leaves_a_bundle_that_says_where_it_is_from(trial: TrialInput, tmp_path: Path) -> None:
    result, folder = retrained(CASE, tmp_path)
    assert result.bundle == f"s3://bucket/{PREFIX}a001/"
    manifest = json.loads((folder / "bundle.json").read_text())
    assert manifest["task"] == "tabular-classification" and manifest["precision"] == "float32"
    origin = manifest["origin"]
    assert (origin["trial"], origin["seed"], origin["epochs"]) == ("small-0", 7, 4)
    assert (origin["datasetHash"], origin["checkpoint"]) == (result.dataset_hash, result.checkpoint)
    assert origin["packages"]["torch"] and origin["gpus"] == 0
    assert (origin["task"]["dataset"]["target"], origin["evaluation"]["epochs"]) == ("risk", trial.evaluation.epochs)


def test_the_bundle_has_a_card_with_pictures(tmp_path: Path) -> None:
    result, folder = retrained(CASE, tmp_path)
    names = {file["name"] for file in json.loads((folder / "bundle.json").read_text())["files"]}
    assert {"card.md", "card/confusion.png", "card/reliability.png"} < names
    card = (folder / "card.md").read_text()
    assert f'nas_model.load("{result.bundle}")' in card
    assert f"| `test_accuracy` | {result.metrics['test_accuracy']:.4g} |" in card


def test_a_card_that_cannot_be_made_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("nas_trial.work.bundle.card_files", broken)
    result, folder = retrained(CASE, tmp_path)
    assert nas_model.load(folder).metrics == result.metrics and not (folder / "card.md").exists()


class Dying(DirectoryStore):
    """A storage that is gone after some objects of the bundle."""

    left = 0

    def put(self, key: str, content: bytes) -> None:
        if "/bundle/" in key:
            if not self.left:
                raise StorageUnavailable("gone")
            self.left -= 1
        super().put(key, content)


@pytest.mark.parametrize("written", range(8))
def test_killed_between_any_two_writes_there_is_a_whole_bundle_or_none_that_counts(
    written: int, trial: TrialInput, tmp_path: Path
) -> None:
    dying = Dying(tmp_path / "objects")
    dying.left = written
    with pytest.raises(StorageUnavailable):
        WORK[Work.RETRAIN](attempt_of(trial, dying))
    assert len(dying.keys(PREFIX)) == written and not dying.keys(f"{PREFIX}a001/bundle.json")
    again = trial.model_copy(update={"identity": trial.identity.model_copy(update={"attempt": 2})})
    result = WORK[Work.RETRAIN](attempt_of(again, DirectoryStore(dying.directory)))
    assert result.bundle == f"s3://bucket/{PREFIX}a002/" and result.resumed_from_epoch == 4
    assert nas_model.load(dying.directory / PREFIX / "a002").metrics == result.metrics


def test_weights_that_are_lost_cost_the_bundle_and_not_the_result(
    trial: TrialInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise ValueError("checkpoint k: its content does not match its manifest")

    monkeypatch.setattr("nas_trial.training.checkpoint.Checkpoints.weights", lost)
    result = WORK[Work.RETRAIN](attempt_of(trial, DirectoryStore(tmp_path / "objects")))
    assert result.bundle is None and "test_accuracy" in result.metrics
    assert result.warnings[0] == (
        "there is no bundle of this model, as its weights are lost: checkpoint k: its content does not match its "
        "manifest"
    )


def test_without_a_storage_there_is_no_bundle(trial: TrialInput) -> None:
    result = WORK[Work.RETRAIN](attempt_of(trial.model_copy(update={"storage": None}), None))
    assert result.bundle is None and result.warnings == []

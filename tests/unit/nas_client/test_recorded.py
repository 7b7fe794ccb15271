from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.reports import reported
from tests.support.small_bundle import write_bundle

from nas_client.errors import InvalidInput
from nas_client.recorded import of_bundle, of_trial
from nas_client.search_state import SearchState

TRAINED = {
    "task": {"type": "tabular-classification", "dataset": {"path": "/data/rows.csv", "columns": {"target": "y"}}},
    "evaluation": {"epochs": 3, "batchSize": 16, "deterministic": True},
    "objectives": [{"metric": "val_accuracy"}],
    "threads": 2,
    "datasetHash": "sha256:a",
    "packages": {"torch": "2.8"},
}


def bundle(folder: Path, **origin: Any) -> str:
    write_bundle(folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["origin"] |= origin
    (folder / "bundle.json").write_text(json.dumps(manifest))
    return str(folder)


def test_a_bundle_says_how_it_was_trained_and_what_came_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://store:9000")
    found = of_bundle(bundle(tmp_path / "bundle", **TRAINED))
    given = found.given
    assert (given.work, given.seed, given.data_seed, given.evaluation.epochs) == ("Retrain", 1, 2, 3)
    assert given.candidates[0].id == "one" and given.space.name == "tabular"
    assert given.storage is not None and given.storage.endpoint == "http://store:9000"
    assert found.decisive == ["val_accuracy", "test_accuracy"]
    assert found.threads == 2
    training = found.training
    assert (training.metrics, training.dataset_hash) == ({"test_accuracy": 0.5}, "sha256:a")
    assert training.made_with == {"torch": "2.8", "threads": "2", "GPUs": "0"}
    assert training.weights is not None and len(training.weights) == 64


def test_a_bundle_that_does_not_say_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="give the name of the trial instead"):
        of_bundle(bundle(tmp_path / "bundle"))


def test_what_is_no_bundle_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"bundle\.json cannot be read"):
        of_bundle(str(tmp_path))


def test_a_trial_is_a_record_too() -> None:
    state = SearchState(*reported(10))
    trial = next(one for one in state.trials if one.succeeded)
    found = of_trial(state, trial, {})
    assert found.given.candidates == trial.spec.candidates and found.given.seed == trial.spec.seed
    assert found.training.metrics == trial.status.metrics
    assert found.training.weights is None and found.threads is None


def test_a_trial_that_failed_has_nothing_to_compare_with() -> None:
    state = SearchState(*reported(10))
    failed = next(one for one in state.trials if not one.succeeded)
    with pytest.raises(InvalidInput, match="has no result to compare with"):
        of_trial(state, failed, {})


def test_a_trainer_of_ones_own_cannot_be_run_here() -> None:
    state = SearchState(*reported(3, trialTemplate={"image": "example.org/t:1"}))
    trial = next(one for one in state.trials if one.succeeded)
    with pytest.raises(InvalidInput, match="there are no containers here"):
        of_trial(state, trial, {})

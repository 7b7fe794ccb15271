"""`nasctl reproduce`: when it trains again, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.trials import trial_input

from nas_client.agreement import Training
from nas_client.cli import reproduce
from nas_client.cli.main import main
from nas_client.recorded import Recorded
from nas_core.contract import TrialInput, TrialResult
from nas_core.states import Outcome

METRICS = {"val_accuracy": 0.9, "train_seconds": 1.0}


class Trainer:
    """Results, one for each training."""

    def __init__(self) -> None:
        self.results: Iterator[TrialResult] = iter(())
        self.seeds: list[int] = []

    def reach(self, *accuracies: float, data: str | None = None) -> None:
        self.results = iter(
            TrialResult(outcome=Outcome.SUCCEEDED, metrics={"val_accuracy": value}, dataset_hash=data)
            for value in accuracies
        )

    async def __call__(self, given: TrialInput, *_: Any) -> TrialResult:
        self.seeds.append(given.seed)
        return next(self.results)


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    trainer = Trainer()
    monkeypatch.setattr(reproduce, "train_again", trainer)
    record(monkeypatch)
    return trainer


def record(monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
    found = trial_input(objectives=[{"metric": "val_accuracy"}], **given)
    monkeypatch.setattr(reproduce, "of_bundle", lambda _: Recorded(found, Training(METRICS, "sha256:a")))


def test_a_training_that_is_the_same_is_enough(trainer: Trainer, capsys: pytest.CaptureFixture[str]) -> None:
    trainer.reach(0.9)
    assert main(["reproduce", "./bundle"]) == 0
    assert trainer.seeds == [7]
    assert "it agrees: metrics are the same, bit for bit" in capsys.readouterr().out


def test_else_further_seeds_tell_the_spread(trainer: Trainer, capsys: pytest.CaptureFixture[str]) -> None:
    trainer.reach(0.88, 0.91, 0.92, 0.9)
    assert main(["reproduce", "./bundle", "--seeds", "4", "-o", "json"]) == 0
    assert trainer.seeds == [7, 8, 9, 10]
    found = json.loads(capsys.readouterr().out)
    assert found["why"] == "within the spread of 4 seeds"
    assert found["metrics"] == [
        {"metric": "val_accuracy", "recorded": 0.9, "again": [0.88, 0.91, 0.92, 0.9], "agrees": True}
    ]


def test_what_differs_is_said_and_the_exit_code_is_1(trainer: Trainer, capsys: pytest.CaptureFixture[str]) -> None:
    trainer.reach(0.5, 0.51, 0.52)
    assert main(["reproduce", "./bundle"]) == 1
    assert "it does not agree: outside of the spread of 3 seeds: val_accuracy" in capsys.readouterr().out


def test_in_deterministic_mode_one_training_decides(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    record(monkeypatch, evaluation={"epochs": 2, "deterministic": True})
    trainer.reach(0.91)
    assert main(["reproduce", "./bundle"]) == 1
    assert trainer.seeds == [7]


def test_on_other_data_no_further_seed_is_trained(trainer: Trainer, capsys: pytest.CaptureFixture[str]) -> None:
    trainer.reach(0.8, data="sha256:b")
    assert main(["reproduce", "./bundle"]) == 1
    assert trainer.seeds == [7]
    assert "different: data: sha256:a then, sha256:b now" in capsys.readouterr().out


def test_a_training_that_fails_is_said(trainer: Trainer, capsys: pytest.CaptureFixture[str]) -> None:
    trainer.results = iter([TrialResult(outcome=Outcome.FAILED, reason="DataInvalid", message="no such file")])
    assert main(["reproduce", "./bundle"]) == 2
    assert "it cannot be trained here: DataInvalid: no such file" in capsys.readouterr().err


@pytest.mark.usefixtures("trainer")
def test_data_on_a_volume_need_a_folder(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    volume = {"volume": {"claimName": "rows", "path": "rows.csv"}, "columns": {"target": "y"}}
    record(monkeypatch, task={"type": "tabular-classification", "dataset": volume})
    assert main(["reproduce", "./bundle"]) == 2
    assert "--data rows=FOLDER" in capsys.readouterr().err


def test_a_folder_that_has_trainings_is_not_written_over(
    trainer: Trainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer.reach(0.9, 0.9)
    assert main(["reproduce", "./bundle", "--dir", str(tmp_path)]) == 0
    assert main(["reproduce", "./bundle", "--dir", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err

"""The whole trainer in two processes: stopped, resumed, killed, and resumed by a single process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support import trainer_without_s3
from tests.support.directory_store import DirectoryStore
from tests.support.trials import trial_input

from nas_core.contract import (
    EXIT_CHECKPOINTED,
    PROCESSES_ENV,
    RESULT_FILE_ENV,
    TRIAL_FILE_ENV,
    TrialInput,
    TrialResult,
)
from nas_trial import candidate, data
from nas_trial.candidate import Workplace
from nas_trial.exporter import Exporter
from nas_trial.stop import StopFlag
from nas_trial.watchdog import Watchdog

ROOT = Path(__file__).parents[3]
EVALUATION = {"epochs": 20, "batchSize": 32, "optimizer": {"learningRate": "0.01"}}


def start(trial: TrialInput, directory: Path) -> subprocess.Popen[str]:
    (directory / "trial.json").write_text(trial.model_dump_json(by_alias=True))
    env = os.environ | {
        "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'trial_image'}:{ROOT}",
        PROCESSES_ENV: "2",
        TRIAL_FILE_ENV: str(directory / "trial.json"),
        RESULT_FILE_ENV: str(directory / "result"),
    }
    command = [sys.executable, "-m", trainer_without_s3.__name__]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def follow(process: subprocess.Popen[str], event: str) -> Any:
    """Return the next line of the log with an event."""
    assert process.stdout
    return json.loads(next(line for line in process.stdout if f'"event": "{event}"' in line))


def second_of(process: subprocess.Popen[str]) -> int:
    """Return the process id of rank 1."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    [found] = [pid for pid in children if b"\0RANK=1\0" in Path(f"/proc/{pid}/environ").read_bytes()]
    return int(found)


def alone(trial: TrialInput, store: DirectoryStore | None, monkeypatch: pytest.MonkeyPatch) -> TrialResult:
    """Evaluate in this process."""
    monkeypatch.setattr(candidate, "build_network", trainer_without_s3.linear)
    monkeypatch.setattr("nas_trial.measure.hardware_metrics", lambda *_: ({}, False))
    cpu, stop = torch.device("cpu"), StopFlag()
    examples = data.load(trial.task, None, trial.data_seed, cpu, stop)
    place = Workplace(trial, examples, cpu, store, Exporter(trial.identity), stop, Watchdog(print))
    return candidate.evaluate(trial.candidates[0], place)


def test_two_processes_stop_go_on_and_end_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = tmp_path / "bucket"
    trial = trial_input(storage={"bucket": str(bucket), "root": "root"}, evaluation=EVALUATION)

    stopped = start(trial, tmp_path)
    follow(stopped, "epoch")
    stopped.send_signal(signal.SIGTERM)
    log = stopped.communicate(timeout=60)[0]
    assert stopped.returncode == EXIT_CHECKPOINTED
    assert log.count('"stopped"') == 1, "only the first process logs"
    assert not (tmp_path / "result").exists()

    killed = start(trial, tmp_path)
    assert follow(killed, "resumed")["epoch"] >= 1
    follow(killed, "epoch")
    os.kill(second_of(killed), signal.SIGKILL)
    killed.communicate(timeout=20)
    told = TrialResult.model_validate_json((tmp_path / "result").read_text())
    assert (killed.returncode, told.reason) == (1, "Crashed")
    assert told.message == "process 1 of 2 ended with signal SIGKILL and took the others with it; see the log"

    resumed, undisturbed = (alone(trial, store, monkeypatch) for store in (DirectoryStore(bucket), None))
    assert resumed.resumed_from_epoch
    for name in ("val_loss", "train_loss", "val_accuracy"):
        assert resumed.metrics[name] == pytest.approx(undisturbed.metrics[name], rel=1e-4)


def test_a_trial_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trial_input(evaluation=EVALUATION | {"epochs": 2})
    process = start(trial, tmp_path)
    log = process.communicate(timeout=60)[0]
    told = TrialResult.model_validate_json((tmp_path / "result").read_text())
    assert (process.returncode, told.outcome, told.epochs) == (0, "Succeeded", 2)
    assert log.count('"event": "epoch"') == 2
    assert told.metrics["val_loss"] == pytest.approx(alone(trial, None, monkeypatch).metrics["val_loss"], rel=1e-4)

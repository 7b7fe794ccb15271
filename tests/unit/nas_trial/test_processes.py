"""The whole trainer in two processes: to the end, stopped, resumed, killed, and resumed by a single process."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from tests.support.listening import reachable_ports
from tests.support.trainer_without_s3 import finish, follow, linear, process_of, start
from tests.support.trials import trial_input

from nas_core.contract import EXIT_CHECKPOINTED, METRICS_PORT, TrialInput, TrialResult
from nas_storage.directory_store import DirectoryStore
from nas_trial.data.load import load_examples
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work import train
from nas_trial.work.attempt import Attempt

EVALUATION = {"epochs": 20, "batchSize": 32, "optimizer": {"learningRate": "0.01"}}


def alone(trial: TrialInput, store: DirectoryStore | None, monkeypatch: pytest.MonkeyPatch) -> TrialResult:
    """Evaluate in this process."""
    monkeypatch.setattr(train, "build_network", linear)
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({}, False))
    cpu, stop = torch.device("cpu"), StopFlag()
    examples = load_examples(trial.task, None, trial.data_seed, cpu, stop)
    attempt = Attempt(trial, stop, Watchdog(print), MetricsEndpoint(trial.identity), store)
    return train.evaluate(trial.candidates[0], attempt, examples, cpu)


def test_two_processes_stop_go_on_and_end_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = tmp_path / "bucket"
    trial = trial_input(storage={"bucket": bucket.name, "root": "root"}, evaluation=EVALUATION)

    stopped = start(trial, tmp_path, processes=2)
    follow(stopped, "epoch")
    for rank in (0, 1):
        assert reachable_ports(process_of(stopped, rank)) <= {METRICS_PORT}, "they unpickle what comes from one another"
    stopped.send_signal(signal.SIGTERM)
    log = stopped.communicate(timeout=300)[0]
    assert stopped.returncode == EXIT_CHECKPOINTED
    assert log.count('"stopped"') == 1, "only the first process logs"
    assert not (tmp_path / "result").exists()

    killed = start(trial, tmp_path, processes=2)
    assert follow(killed, "resumed")["epoch"] >= 1
    follow(killed, "epoch")
    os.kill(process_of(killed, 1), signal.SIGKILL)
    code, told, _ = finish(killed, tmp_path)
    assert (code, told.reason) == (1, "Crashed")
    assert told.message == "process 1 of 2 ended with signal SIGKILL and took the others with it; see the log"

    resumed, undisturbed = (alone(trial, store, monkeypatch) for store in (DirectoryStore(bucket), None))
    assert resumed.resumed_from_epoch
    for name in ("val_loss", "train_loss", "val_accuracy"):
        assert resumed.metrics[name] == pytest.approx(undisturbed.metrics[name], rel=1e-4)


def test_a_trial_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trial_input(evaluation=EVALUATION | {"epochs": 2})
    code, told, log = finish(start(trial, tmp_path, processes=2), tmp_path)
    assert (code, told.outcome, told.epochs) == (0, "Succeeded", 2)
    assert log.count('"event": "epoch"') == 2
    assert told.metrics["val_loss"] == pytest.approx(alone(trial, None, monkeypatch).metrics["val_loss"], rel=1e-4)

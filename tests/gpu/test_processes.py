"""The whole trainer on GPUs: deterministic on one, and two of them together."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import torch
from tests.support.trainer_without_s3 import finish, follow, process_of, start
from tests.support.trials import trial_input

two_gpus = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
EVALUATION = {"epochs": 20, "batchSize": 32, "optimizer": {"learningRate": "0.01"}, "precision": "float32"}


def test_deterministic_training_gives_the_same_numbers_each_time(tmp_path: Path) -> None:
    trial = trial_input("333333", evaluation={"epochs": 3, "batchSize": 32, "deterministic": True})
    losses = []
    for _ in range(2):
        code, told, _ = finish(start(trial, tmp_path, processes=1, module="nas_trial"), tmp_path)
        assert (code, told.outcome) == (0, "Succeeded")
        losses.append((told.metrics["train_loss"], told.metrics["val_loss"]))
    assert losses[0] == losses[1]


@two_gpus
def test_two_gpus_learn_what_one_learns(tmp_path: Path) -> None:
    trial = trial_input(evaluation=EVALUATION)
    one, two = (finish(start(trial, tmp_path, n), tmp_path) for n in (1, 2))
    assert (one[0], two[0]) == (0, 0)
    for name in ("val_loss", "train_loss", "val_accuracy"):
        assert two[1].metrics[name] == pytest.approx(one[1].metrics[name], rel=1e-3)


@two_gpus
def test_a_network_of_convolutions_learns_on_two(tmp_path: Path) -> None:
    trial = trial_input(
        "333333",
        evaluation={"epochs": 10, "batchSize": 64},
        task={"dataset": {"name": "digits"}},
        space={"width": 8, "depth": 1},
    )
    code, told, _ = finish(start(trial, tmp_path, processes=2, module="nas_trial"), tmp_path)
    assert code == 0
    assert told.metrics["val_accuracy"] > 0.9


@two_gpus
def test_two_gpus_stop_go_on_and_end_together(tmp_path: Path) -> None:
    trial = trial_input(storage={"bucket": "bucket", "root": "root"}, evaluation=EVALUATION | {"epochs": 500})
    stopped = start(trial, tmp_path, processes=2)
    follow(stopped, "epoch")
    stopped.send_signal(signal.SIGTERM)
    stopped.communicate(timeout=300)
    assert stopped.returncode == 75

    killed = start(trial, tmp_path, processes=2)
    assert follow(killed, "resumed")["epoch"] >= 1
    follow(killed, "epoch")
    at = time.monotonic()
    os.kill(process_of(killed, 1), signal.SIGKILL)
    code, told, _ = finish(killed, tmp_path)
    assert (code, told.reason) == (1, "Crashed")
    assert time.monotonic() - at < 20

"""The whole trainer, ended in the middle of an epoch: another attempt ends with the weights of an undisturbed one."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import torch
from safetensors.torch import load
from tests.support import slow_trainer
from tests.support.trainer_without_s3 import finish, follow, start
from tests.support.trials import identity, trial_input

from nas_core.contract import EXIT_CHECKPOINTED, TrialResult
from nas_core.layout import checkpoint_prefix, weights_key
from nas_storage.directory_store import DirectoryStore

CHECKPOINTS = checkpoint_prefix("root", "digits-0")


def attempt(bucket: Path, number: int = 1) -> subprocess.Popen[str]:
    """Start an attempt of a trial of one epoch, which takes five seconds at least."""
    trial = trial_input(
        identity=identity("digits-0", number),
        task={"dataset": {"name": "digits", "maxExamples": 1200}},
        evaluation={
            "epochs": 1,
            "batchSize": 2,
            "deterministic": True,
            "augmentation": ["crop"],
            "averageDecay": "0.9",
            "optimizer": {"learningRate": "0.01"},
        },
        storage={"bucket": bucket.name, "root": "root", "checkpointInterval": "1s"},
    )
    return start(trial, bucket.parent, 1, slow_trainer.__name__)


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    process.communicate(timeout=60)
    return process.returncode


def ended(process: subprocess.Popen[str], bucket: Path) -> tuple[TrialResult, dict[str, torch.Tensor]]:
    """Return the result of an attempt, and the weights that it names."""
    code, result, _ = finish(process, bucket.parent)
    assert code == 0 and result.checkpoint
    return result, load(DirectoryStore(bucket).get(result.checkpoint.removeprefix("s3://bucket/")))


def manifests(bucket: Path) -> list[str]:
    return [key for key in DirectoryStore(bucket).keys(CHECKPOINTS) if key.endswith(".json")]


def test_killed_stopped_and_its_newest_checkpoint_damaged_a_training_ends_bit_for_bit_the_same(tmp_path: Path) -> None:
    (tmp_path / "undisturbed").mkdir()
    undisturbed = tmp_path / "undisturbed" / "bucket"
    expected, weights = ended(attempt(undisturbed), undisturbed)

    bucket = tmp_path / "bucket"
    killed = attempt(bucket, 1)
    while not manifests(bucket):
        assert follow(killed, "checkpoint")["epoch"] == 0
    assert stopped(killed, signal.SIGKILL) == -signal.SIGKILL
    newest = manifests(bucket)[-1]

    again = attempt(bucket, 2)
    resumed = follow(again, "resumed")
    assert (resumed["key"], resumed["epoch"]) == (newest, 0) and resumed["step"] > 0
    assert follow(again, "checkpoint")["step"] > resumed["step"]
    assert stopped(again, signal.SIGTERM) == EXIT_CHECKPOINTED
    before, broken = manifests(bucket)
    assert json.loads(DirectoryStore(bucket).get(broken))["progress"]["epoch"] == 0
    damaged = bucket / weights_key(broken)
    damaged.write_bytes(damaged.read_bytes()[:-1])

    last = attempt(bucket, 3)
    assert follow(last, "resumed")["key"] == before
    result, found = ended(last, bucket)
    # Another one says that a busy machine could not keep to the second.
    assert result.warnings[0].startswith(f"checkpoint digits-0/checkpoints/{Path(broken).name} was skipped")
    assert [name for name, value in weights.items() if not torch.equal(value, found[name])] == []
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy"):
        assert result.metrics[name] == expected.metrics[name]

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import StorageUnavailable
from nas_trial.training import saver as module
from nas_trial.training.checkpoint import Checkpoints
from nas_trial.training.progress import Progress
from nas_trial.training.saver import Saver
from nas_trial.training.train_state import TrainState

PREFIX = "root/trials/t-0/checkpoints/"


class SlowStore(DirectoryStore):
    """Stores only when it may, and not at all while it is away."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.began, self.go, self.away = threading.Event(), threading.Event(), False

    def put(self, key: str, content: bytes) -> None:
        self.began.set()
        assert self.go.wait(10)
        if self.away:
            raise StorageUnavailable("away")
        super().put(key, content)


@pytest.fixture
def slow(tmp_path: Path) -> SlowStore:
    return SlowStore(tmp_path / "objects")


def saver(store: DirectoryStore) -> Saver:
    return Saver(Checkpoints(store, PREFIX, "bucket", 1, "c"), 30.0)


def state() -> TrainState:
    network = nn.Linear(2, 2)
    return TrainState(network, torch.optim.SGD(network.parameters(), lr=0.1))


def test_training_does_not_wait_and_the_newest_is_stored(slow: SlowStore) -> None:
    saving = saver(slow)
    saving.save(state(), Progress(1))
    assert slow.began.wait(10)
    for epoch in (2, 3, 4):
        saving.save(state(), Progress(epoch))
    assert slow.keys(PREFIX) == []
    slow.go.set()
    assert saving.finish() == f"s3://bucket/{PREFIX}e00004-s0000000-a001.safetensors"
    assert [key for key in slow.keys(PREFIX) if key.endswith(".json")] == [
        f"{PREFIX}e0000{epoch}-s0000000-a001.json" for epoch in (1, 4)
    ]


def test_it_tells_of_what_time_the_newest_is_when_it_is_stored(slow: SlowStore) -> None:
    told: list[float] = []
    saving = Saver(Checkpoints(slow, PREFIX, "bucket", 1, "c"), 30.0, told.append)
    before = time.time()
    saving.save(state(), Progress(1))
    copied = time.time()
    assert slow.began.wait(10) and told == []
    slow.go.set()
    saving.finish()
    assert len(told) == 1 and before - 0.1 <= told[0] <= copied + 0.1
    slow.away = True
    saving.save(state(), Progress(2))
    saving.finish()
    assert len(told) == 1, "one that is lost changes nothing"


def test_one_to_keep_does_not_give_way_to_a_newer_one(slow: SlowStore) -> None:
    saving = saver(slow)
    saving.save(state(), Progress(1))
    assert slow.began.wait(10)
    saving.save(state(), Progress(2), keep=True)
    saving.save(state(), Progress(3))
    slow.go.set()
    assert saving.finish() == f"s3://bucket/{PREFIX}e00003-s0000000-a001.safetensors"
    # The first has been pruned as the third of three.
    assert [key.removeprefix(PREFIX)[:6] for key in slow.keys(PREFIX) if key.endswith(".json")] == ["e00002", "e00003"]


def test_a_storage_that_is_away_costs_a_checkpoint_only(slow: SlowStore, capsys: pytest.CaptureFixture[str]) -> None:
    saving = saver(slow)
    slow.go.set()
    saving.save(state(), Progress(1))
    assert saving.finish() is not None
    slow.away = True
    saving.save(state(), Progress(2))
    assert saving.finish() is None
    assert '"checkpoint-lost"' in capsys.readouterr().out
    slow.away = False
    saving.save(state(), Progress(3))
    assert saving.finish() == f"s3://bucket/{PREFIX}e00003-s0000000-a001.safetensors"


def test_nothing_was_saved(store: DirectoryStore) -> None:
    assert saver(store).finish() is None


def test_a_slow_storage_makes_checkpoints_within_an_epoch_rare_and_that_is_told(
    slow: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(
        module, "time", SimpleNamespace(time=time.time, monotonic=lambda: now, thread_time=lambda: now / 5)
    )
    saving = saver(slow)
    saving.save(state(), Progress(0, 1))
    assert slow.began.wait(10)
    now = 50.0
    slow.go.set()
    saving.finish()
    assert saving.stretched() == [], "none was put off so far"
    now = 51.0
    assert not saving.due()
    assert saving.stretched() == [
        "checkpoints within an epoch are slow here: a kill loses up to 250 s of training, not the 30 s of "
        "storage.checkpointInterval, as they may take 5% of the time; a faster storage or a smaller network helps"
    ]
    now = 200.0
    assert saving.due()

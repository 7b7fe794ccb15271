from __future__ import annotations

import multiprocessing
import os
from collections import namedtuple
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.support.whole_split import whole

from nas_trial.data import reading_ahead
from nas_trial.data.prepared.arrow_file import Column
from nas_trial.data.prepared.shards import Shards
from nas_trial.data.prepared.writer import write_shards
from nas_trial.data.streaming import WINDOW, Streamed
from nas_trial.errors import DatasetInvalid

ROWS, SHARD = 203, 8
INPUTS = (Column("numeric", "float32", (2,)), Column("categorical", "int32", (1,)))


def make(directory: Path, first: int = 0, rows: int = ROWS) -> Shards:
    """Rows that say which they are."""
    directory.mkdir(exist_ok=True)
    numbers = np.arange(first, first + rows)
    values: dict[str, Any] = {
        "numeric": np.stack([numbers, -numbers], 1).astype(np.float32),
        "categorical": numbers[:, None].astype(np.int32),
        "target": numbers,
        "row": numbers,
        "together": numbers,
    }
    parts = [
        {name: column[start : start + SHARD] for name, column in values.items()} for start in range(0, rows, SHARD)
    ]
    return write_shards(directory, "train", INPUTS, Column("target", "int64"), parts)


def streamed(shards: Shards, processors: int = 1) -> Streamed:
    return Streamed(shards, torch.from_numpy(shards.targets()), processors)


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    return make(tmp_path / "one")


@pytest.fixture
def decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reading be work that is worth a process."""
    monkeypatch.setattr(Shards, "decoding", True)


def test_an_order_has_every_row_once_and_is_a_function_of_seed_and_epoch(shards: Shards) -> None:
    split = streamed(shards)
    order = split.order(3, 1).tolist()
    assert sorted(order) == list(range(ROWS))
    assert order == streamed(shards).order(3, 1).tolist()
    assert order != split.order(3, 2).tolist() and order != split.order(4, 1).tolist()


def test_few_shards_are_read_at_a_time(shards: Shards) -> None:
    order = streamed(shards).order(0, 0)
    assert len((order[: SHARD * (WINDOW - 1)] // SHARD).unique()) <= WINDOW
    assert len((order[:SHARD] // SHARD).unique()) > SHARD // 2, "those of a window are mixed"


@pytest.mark.parametrize("processors", [1, 2])
def test_batches_are_what_was_asked_for_in_that_order(shards: Shards, processors: int) -> None:
    split = streamed(shards, processors)
    chosen = list(split.order(0, 0).split(10))
    found = list(split.batches(chosen))
    assert [batch.targets.tolist() for batch in found] == [rows.tolist() for rows in chosen]
    for batch in found:
        assert batch.rows["numeric"][:, 0].tolist() == batch.targets.tolist()
        assert batch.rows["categorical"].dtype == torch.int32
    assert whole(split).rows["numeric"][:, 1].tolist() == [-row for row in range(ROWS)]


def test_shares_of_several_processes_do_not_overlap(shards: Shards) -> None:
    split = streamed(shards)
    chosen = list(split.order(0, 0).split(20))
    shares = [list(split.batches([rows.tensor_split(3)[rank] for rows in chosen])) for rank in range(3)]
    seen = [set(torch.cat([batch.targets for batch in share]).tolist()) for share in shares]
    assert sum(map(len, seen)) == ROWS == len(set.union(*seen))


def test_processes_read_the_same_and_end_with_the_reading(shards: Shards, decoding: None) -> None:
    split = streamed(shards, processors=2)
    chosen = list(split.order(0, 0).split(10))
    before = torch.get_rng_state()
    with closing(split.batches(chosen)) as batches:
        first = next(batches)
    assert first.targets.tolist() == chosen[0].tolist() and first.rows["numeric"][:, 0].tolist() == chosen[0].tolist()
    assert torch.equal(before, torch.get_rng_state()), "what training draws does not depend on how data is read"
    assert multiprocessing.active_children() == []
    rest = list(split.batches(chosen))
    assert [batch.targets.tolist() for batch in rest] == [rows.tolist() for rows in chosen]


def test_a_damaged_file_is_named_whoever_reads_it(shards: Shards, decoding: None) -> None:
    damaged = shards.folder.path(shards.names[2])
    targets = torch.from_numpy(shards.targets())
    damaged.write_bytes(damaged.read_bytes()[:100])
    for processors in (1, 2):
        with pytest.raises(DatasetInvalid, match=r"train-00002\.arrow: cannot be read as an Arrow file"):
            list(
                Streamed(
                    Shards(shards.folder, shards.names, shards.counts, shards.targets_name, INPUTS), targets, processors
                ).batches([torch.arange(ROWS)])
            )


def test_without_shared_memory_threads_read(
    shards: Shards, decoding: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading_ahead, "SHARED_MEMORY", Path("/no/such/folder"))
    split = streamed(shards, processors=4)
    assert [batch.targets.tolist() for batch in split.batches([torch.arange(5), torch.arange(3)])] == [
        [0, 1, 2, 3, 4],
        [0, 1, 2],
    ]
    assert "read by threads" in capsys.readouterr().out


@pytest.mark.parametrize(("free", "processes"), [(1000, 0), (6_000, 1), (10_000, 2), (1_000_000, 4)])
def test_as_many_processes_as_shared_memory_has_room_for(
    free: int, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Status = namedtuple("Status", ["f_bavail", "f_frsize"])
    monkeypatch.setattr(os, "statvfs", lambda _: Status(free, 1))
    assert reading_ahead.processes_with_room(most=4, batch_bytes=1000) == processes


def test_joined(shards: Shards, tmp_path: Path) -> None:
    both = streamed(shards).joined(streamed(make(tmp_path / "two", first=ROWS, rows=17)))
    assert len(both) == ROWS + 17
    rows = torch.tensor([ROWS + 16, 0, ROWS, ROWS - 1])
    (batch,) = both.batches([rows])
    assert batch.targets.tolist() == batch.rows["numeric"][:, 0].tolist() == rows.tolist()
    assert sorted(both.order(0, 0).tolist()) == list(range(ROWS + 17))

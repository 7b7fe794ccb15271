from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_trial.data.prepared import spool as spooling
from nas_trial.data.prepared.arrow_file import BYTES, TEXT
from nas_trial.data.prepared.spool import Spool, spool
from nas_trial.data.raw import Piece, RawData, in_memory
from nas_trial.errors import DatasetInvalid, Stopped


def nothing(rows: int) -> None:
    """Listen to no progress."""


@pytest.fixture
def inputs() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "image": rng.integers(0, 256, (50, 3, 120, 110), np.uint8),
        "numeric": np.where(rng.random((50, 2)) < 0.3, np.nan, rng.normal(size=(50, 2))),
        "categorical": rng.integers(-1, 2, (50, 1)).astype(np.int32),
        "text": np.array([f"text {k}" for k in range(50)], object),
    }


def in_pieces(inputs: dict[str, Any], *ends: int) -> RawData:
    def read() -> Iterator[Piece]:
        for start, end in zip((0, *ends), (*ends, None), strict=True):
            yield {name: values[start:end] for name, values in inputs.items()}

    return RawData(read, np.zeros(50), "here", categories=(("a", "b"),))


def test_every_row_is_read_back_in_any_order(inputs: dict[str, Any], tmp_path: Path) -> None:
    found = spool(in_pieces(inputs, 7, 8, 30), tmp_path / "s.arrow", nothing)
    assert [column.type for column in found.columns] == [BYTES, "float64", "int32", TEXT]
    rows = np.random.default_rng(1).permutation(50)
    read = found.read(rows)
    assert read["text"].tolist() == inputs["text"][rows].tolist()
    np.testing.assert_array_equal(read["numeric"], inputs["numeric"][rows])
    np.testing.assert_array_equal(read["categorical"], inputs["categorical"][rows])


def test_blocks_give_the_wanted_rows_in_their_order(inputs: dict[str, Any], tmp_path: Path) -> None:
    found = spool(in_pieces(inputs, 7, 8, 30), tmp_path / "s.arrow", nothing)
    wanted = np.arange(50) % 3 == 0
    blocks = list(found.blocks(wanted, ["text"]))
    assert np.concatenate([rows for rows, _ in blocks]).tolist() == np.flatnonzero(wanted).tolist()
    assert np.concatenate([v["text"] for _, v in blocks]).tolist() == inputs["text"][wanted].tolist()


def test_nothing_depends_on_how_the_reader_cuts(
    inputs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def facts(found: Spool) -> tuple[Any, ...]:
        assert found.channels is not None
        mean, deviation = found.channels.of(np.arange(50))
        missing = {name: counts.tolist() for name, counts in found.missing.items()}
        return found.prints.tolist(), found.content.of(np.zeros(50), ()), mean.tolist(), deviation.tolist(), missing

    one = facts(spool(in_pieces(inputs), tmp_path / "a.arrow", nothing))
    assert one == facts(spool(in_pieces(inputs, 1, 2, 49), tmp_path / "b.arrow", nothing))
    monkeypatch.setattr(spooling, "BLOCK_BYTES", 100_000)
    cut = spool(in_pieces(inputs), tmp_path / "c.arrow", nothing)
    assert one == facts(cut) and len(cut.file.starts) > 10
    assert one[4]["numeric"] == np.isnan(inputs["numeric"]).sum(0).tolist()
    assert one[4]["categorical"] == [(inputs["categorical"] == -1).sum()]


def test_progress_is_told_and_may_stop_it(inputs: dict[str, Any], tmp_path: Path) -> None:
    told: list[int] = []
    spool(in_pieces(inputs, 7, 30), tmp_path / "a.arrow", told.append)
    assert told == [7, 30, 50]

    def stop(rows: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        spool(in_pieces(inputs, 7, 30), tmp_path / "b.arrow", stop)


def test_no_examples(tmp_path: Path) -> None:
    data = in_memory({"numeric": np.zeros((0, 2))}, np.zeros(0), "here")
    with pytest.raises(DatasetInvalid, match="here: there are no examples"):
        spool(data, tmp_path / "a.arrow", nothing)
    data = in_memory({"numeric": np.zeros((2, 2))}, np.zeros(3), "here")
    with pytest.raises(DatasetInvalid, match="here: 3 targets but 2 examples"):
        spool(data, tmp_path / "a.arrow", nothing)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_model.preprocessing.piece import Piece
from nas_trial.data.prepared import spool as spooling
from nas_trial.data.prepared.arrow_file import BYTES, TEXT
from nas_trial.data.prepared.spool import Spool, spool
from nas_trial.data.raw import RawData, in_memory, join
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


@pytest.mark.parametrize(
    ("first", "later", "message"),
    [
        ((1, 8, 8), (1, 4, 16), r"shape \(1, 4, 16\) and type uint8, that of row 0 of train shape \(1, 8, 8\)"),
        ((1, 8, 8), (1, 9, 9), r"shape \(1, 9, 9\)"),
        ((1, 200, 200), (3, 200, 200), r"shape \(3, 200, 200\)"),
        ((8,), (9,), r"shape \(9,\)"),
    ],
)
def test_examples_of_another_shape_are_refused(
    first: tuple[int, ...], later: tuple[int, ...], message: str, tmp_path: Path
) -> None:
    kind = "image" if len(first) == 3 else "numeric"
    parts = {
        name: in_memory({kind: np.zeros((3, *shape), np.uint8)}, np.arange(3), "here")
        for name, shape in (("train", first), ("val", later))
    }
    with pytest.raises(DatasetInvalid, match=f"here: {kind} of row 0 of val has {message}"):
        spool(join(parts), tmp_path / "a.arrow", nothing)


@pytest.mark.parametrize(("one", "other"), [(np.uint8, np.float32), (np.float32, np.uint8)])
def test_examples_of_another_type_are_refused(one: type, other: type, tmp_path: Path) -> None:
    parts = {
        name: in_memory({"image": np.zeros((3, 1, 4, 4), kind)}, np.arange(3), "here")
        for name, kind in (("train", one), ("val", other))
    }
    with pytest.raises(DatasetInvalid, match=f"of row 0 of val has shape .* and type {other.__name__}, that of row 0 "):
        spool(join(parts), tmp_path / "a.arrow", nothing)


def test_no_examples(tmp_path: Path) -> None:
    data = in_memory({"numeric": np.zeros((0, 2))}, np.zeros(0), "here")
    with pytest.raises(DatasetInvalid, match="here: there are no examples"):
        spool(data, tmp_path / "a.arrow", nothing)
    data = in_memory({"numeric": np.zeros((2, 2))}, np.zeros(3), "here")
    with pytest.raises(DatasetInvalid, match="here: 3 targets but 2 examples"):
        spool(data, tmp_path / "a.arrow", nothing)

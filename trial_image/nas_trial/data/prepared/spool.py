"""The first pass over the data: into one file on this machine's disk, with all that is asked of each example.

Of each example stay in memory: a fingerprint, and the sums of an image's channels. The rest is read again from the
file, as often as it is needed, in the order that is needed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.preprocessing.piece import MISSING, Piece
from nas_trial.data.check import ValueCheck
from nas_trial.data.fingerprints import ContentHash, Fingerprints, fingerprints
from nas_trial.data.prepared.arrow_file import BYTES, TEXT, ArrowFile, ArrowWriter, Column, Values
from nas_trial.data.prepared.channel_sums import ChannelSums
from nas_trial.data.prepared.image_files import encode, worth_encoding
from nas_trial.data.raw import Index, RawData
from nas_trial.errors import DatasetInvalid

BLOCK_BYTES = 16 << 20
"""Of a piece that is worked on at a time."""
Kinds = dict[str, tuple[tuple[int, ...], np.dtype[Any]]]
"""Shape and type of each input of one example."""


@dataclass(frozen=True)
class Spool:
    """N examples in a file."""

    data: RawData
    file: ArrowFile
    columns: tuple[Column, ...]
    """Inputs as they are in the file: images as values, or BYTES with the shape that they decode to."""
    prints: Fingerprints
    content: ContentHash
    channels: ChannelSums | None
    """Of images."""
    missing: dict[str, NDArray[np.int64]]
    """Missing values of each column, of numeric and categorical."""
    brightest: int
    """The greatest value of images of bytes."""

    def __len__(self) -> int:
        return len(self.file)

    def column(self, name: str) -> Column | None:
        """Return an input's column, None if examples have none of the name."""
        return next((column for column in self.columns if column.name == name), None)

    def read(self, rows: Index, names: Sequence[str] | None = None) -> Values:
        """Return inputs of rows (n), in the order given."""
        return {name: self.file.take(name, rows) for name in names or [column.name for column in self.columns]}

    def blocks(self, wanted: NDArray[np.bool_], names: Sequence[str]) -> Iterator[tuple[Index, Values]]:
        """Yield the wanted rows (of N) and inputs of theirs, some at a time, in their order."""
        for start, end in zip(self.file.starts, self.file.starts[1:], strict=False):
            rows = int(start) + np.flatnonzero(wanted[start:end])
            if len(rows):
                yield rows, self.read(rows, names)


def spool(data: RawData, path: Path, alive: Callable[[int], None]) -> Spool:
    """Read all examples once, check them and write them to a file.

    Args:
        data: the examples.
        path: of the file.
        alive: told the number of rows that are read so far, often; it may raise to stop.

    Raises:
        DatasetInvalid: if there are no examples, they are not of one shape and type, values are unusable, or the
            readers find a mistake.
    """
    check, content = ValueCheck(data), ContentHash(data.categories)
    prints: list[Fingerprints] = []
    channels: ChannelSums | None = None
    missing: dict[str, NDArray[np.int64]] = {}
    columns: tuple[Column, ...] = ()
    kinds: Kinds = {}
    writer: ArrowWriter | None = None
    rows = 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        try:
            for piece in _blocks(data):
                kinds = kinds or _kinds(piece)
                _require_same(kinds, piece, data, rows)
                check.add(piece, rows)
                content.add(piece)
                prints.append(fingerprints(piece, data.categories))
                _count_missing(piece, missing)
                if "image" in piece:
                    channels = channels or ChannelSums.like(piece["image"])
                    channels.add(piece["image"])
                if writer is None:
                    columns = tuple(_column(name, values) for name, values in piece.items())
                    writer = ArrowWriter(path, columns)
                writer.append(_as_kept(piece, columns, data.lossy, pool))
                rows += len(prints[-1])
                alive(rows)
        finally:
            if writer is not None:
                writer.close()
    check.finish()
    if not rows:
        raise DatasetInvalid(f"{data.where}: there are no examples")
    if rows != len(data):
        raise DatasetInvalid(f"{data.where}: {len(data)} targets but {rows} examples; do not change data that is read")
    return Spool(data, ArrowFile(path), columns, np.concatenate(prints), content, channels, missing, check.brightest)


def _blocks(data: RawData) -> Iterator[Piece]:
    """Yield pieces of bounded size: a reader of small files, or of arrays, may have all in one."""
    for piece in data.read():
        some = next(iter(piece.values()))
        each = sum(values[:1].nbytes for values in piece.values())
        step = max(1, BLOCK_BYTES // max(each, 1))
        for start in range(0, len(some), step):
            yield {name: values[start : start + step] for name, values in piece.items()}


def _kinds(piece: Piece) -> Kinds:
    return {name: (values.shape[1:], values.dtype) for name, values in piece.items()}


def _require_same(kinds: Kinds, piece: Piece, data: RawData, start: int) -> None:
    """Return if examples, the first of which is row ``start``, are of the shapes and types of the first one."""
    for name, (shape, kind) in _kinds(piece).items():
        if (shape, kind) != kinds[name]:
            first_shape, first_kind = kinds[name]
            raise DatasetInvalid(
                f"{data.where}: {name} of {data.row(start)} has shape {shape} and type {kind}, that of {data.row(0)} "
                f"shape {first_shape} and type {first_kind}; give all examples one shape and type"
            )


def _column(name: str, values: NDArray[np.generic]) -> Column:
    if values.dtype == object:
        return Column(name, TEXT)
    if name == "image" and worth_encoding(values):
        return Column(name, BYTES, values.shape[1:])
    return Column(name, values.dtype.name, values.shape[1:])


def _as_kept(piece: Piece, columns: Sequence[Column], lossy: bool, pool: Executor) -> Values:
    return {
        column.name: encode(piece[column.name], lossy, pool) if column.type == BYTES else piece[column.name]
        for column in columns
    }


def _count_missing(piece: Piece, missing: dict[str, NDArray[np.int64]]) -> None:
    for name, lacks in (("numeric", np.isnan), ("categorical", lambda values: values == MISSING)):
        if name in piece and math.prod(piece[name].shape[1:]):
            missing[name] = missing.get(name, 0) + lacks(piece[name]).sum(0)

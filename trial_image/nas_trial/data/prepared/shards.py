"""The rows of one split, in shard files that are opened when they are needed, in whatever process.

A shard is an Arrow file (`arrow_file`) of the inputs, ``target``, ``row``, the row in the source, and ``together``,
which is equal for rows that are kept in one split. Images are bytes of their values or, where that is much less, image
files; they are decoded as they are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.data.prepared.arrow_file import BYTES, ArrowFile, Column
from nas_trial.data.prepared.folder import Folder
from nas_trial.data.prepared.image_files import decode
from nas_trial.errors import DatasetInvalid

TARGET, ROW, TOGETHER = "target", "row", "together"
"""Columns beside the inputs."""


@dataclass(frozen=True)
class Shards:
    """N rows. It can be sent to another process, which opens the files for itself."""

    folder: Folder
    names: tuple[str, ...]
    """The files, in order."""
    counts: tuple[int, ...]
    """Rows of each."""
    targets_name: str
    """The file of all rows' targets: they are read at once, the shards when they are needed."""
    inputs: tuple[Column, ...]
    """The inputs; those that are image files (BYTES) become uint8 of their shape."""
    _opened: dict[int, ArrowFile] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return sum(self.counts)

    def __getstate__(self) -> dict[str, Any]:
        # A memory map belongs to one process.
        return {**self.__dict__, "_opened": {}}

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The first row of each shard (shards), from 0."""
        return np.cumsum([0, *self.counts[:-1]])[: len(self.counts)].astype(np.int64)

    @property
    def nbytes(self) -> int:
        """Bytes of all inputs, decoded."""
        return len(self) * sum(math.prod(column.shape) * _dtype(column).itemsize for column in self.inputs)

    @property
    def decoding(self) -> bool:
        """Whether reading takes a processor's time: images are decoded."""
        return any(column.type == BYTES for column in self.inputs)

    def read(self, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Return the inputs of rows (n), decoded, in the order given: (n, …) each.

        Raises:
            DatasetInvalid: if a file is damaged; the message names it.
        """
        made = self.empty(len(rows))
        for number, here in self._by_shard(rows):
            local = rows[here] - self.starts[number]
            for column in self.inputs:
                values = self._file(number).take(column.name, local)
                if column.type == BYTES:
                    self._decode(number, values, made[column.name], np.flatnonzero(here), column.shape)
                else:
                    made[column.name][here] = values
        return made

    def empty(self, rows: int) -> dict[str, NDArray[Any]]:
        """Return arrays for the inputs of so many rows, decoded."""
        return {column.name: np.empty((rows, *column.shape), _dtype(column)) for column in self.inputs}

    def targets(self) -> NDArray[Any]:
        """Return the targets of all rows: int64 classes (N), or float64 numbers (N) or (N, outputs)."""
        path = self.folder.path(self.targets_name)
        file = ArrowFile(path)
        if len(file) != len(self) or file.column(TARGET) is None:
            raise DatasetInvalid(f"{path}: has no targets of {len(self)} rows")
        return file.take(TARGET, np.arange(len(self)))

    def rows(self) -> NDArray[np.int64]:
        """Return the rows in the source (N)."""
        return self._whole(ROW)

    def together(self) -> NDArray[np.int64]:
        """Return numbers (N) that are equal for rows which are kept in one split, or in one fold."""
        return self._whole(TOGETHER)

    def _whole(self, name: str) -> NDArray[Any]:
        parts = [self._file(number).take(name, np.arange(count)) for number, count in enumerate(self.counts)]
        return np.concatenate(parts)

    def _by_shard(self, rows: NDArray[np.int64]) -> list[tuple[int, NDArray[np.bool_]]]:
        of_shard = np.searchsorted(self.starts, rows, side="right") - 1
        return [(int(number), of_shard == number) for number in np.unique(of_shard)]

    def _file(self, number: int) -> ArrowFile:
        if number not in self._opened:
            path = self.folder.path(self.names[number])
            file = ArrowFile(path)
            if len(file) != self.counts[number]:
                raise DatasetInvalid(f"{path}: has {len(file)} rows, not {self.counts[number]}")
            for column in self.inputs:
                # Of image files the shape shows only when they are decoded.
                shape = () if column.type == BYTES else column.shape
                if (found := file.column(column.name)) is None or (found.type, found.shape) != (column.type, shape):
                    raise DatasetInvalid(f"{path}: has no {column.name} of type {column.type} and shape {column.shape}")
            self._opened[number] = file
        return self._opened[number]

    def _decode(
        self, number: int, files: NDArray[Any], into: NDArray[Any], places: NDArray[np.int64], shape: tuple[int, ...]
    ) -> None:
        for place, content in zip(places, files, strict=True):
            try:
                into[place] = decode(content, shape)
            except ValueError as error:
                raise DatasetInvalid(f"{self.names[number]}: {error}") from error


def _dtype(column: Column) -> np.dtype[Any]:
    return np.dtype(np.uint8 if column.type == BYTES else column.type)

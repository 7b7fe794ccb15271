"""Rows in a file: Arrow's IPC format, which is memory-mapped, so that a row is read without reading the others.

The spool, which data is first read into, and the shards, which trials read, are such files. Tensors are lists of a
fixed size, whose values lie one after the other: NumPy takes them as they are. Files of images and texts are of any
length. Reference: https://arrow.apache.org/docs/format/Columnar.html (IPC file format).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nas_trial.errors import DatasetInvalid

BYTES, TEXT = "bytes", "text"
"""Types of columns whose rows are of any length: as objects, ``bytes`` and ``str``."""
Values = Mapping[str, NDArray[Any]]
"""Columns of n rows: (n, …) of the column's type, or (n) objects."""


@dataclass(frozen=True)
class Column:
    """What one column holds."""

    name: str
    type: str
    """A NumPy type, or BYTES or TEXT."""
    shape: tuple[int, ...] = ()
    """Of one row."""

    @property
    def flexible(self) -> bool:
        """Whether rows are of any length."""
        return self.type in (BYTES, TEXT)

    def field(self) -> pa.Field:
        """Return it as Arrow writes it; the shape is in the field's metadata."""
        return pa.field(self.name, self._arrow_type(), metadata={"shape": json.dumps(self.shape)})

    def array(self, values: NDArray[Any]) -> pa.Array:
        """Return n rows as Arrow takes them."""
        if self.flexible:
            return self._flexible_array(values)
        size = math.prod(self.shape)
        if not size:
            return pa.nulls(len(values))
        flat = _plain(np.ascontiguousarray(values, self.type).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, size) if self.shape else flat

    def _flexible_array(self, values: NDArray[Any]) -> pa.Array:
        # Half a character, which JSON can hold, has no bytes.
        contents = values if self.type == BYTES else [text.encode(errors="replace") for text in values]
        ends = np.cumsum([0, *map(len, contents)], dtype=np.int64)
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(contents))]
        return pa.Array.from_buffers(self._arrow_type(), len(values), buffers)

    def _arrow_type(self) -> pa.DataType:
        if self.flexible:
            return pa.large_binary() if self.type == BYTES else pa.large_string()
        size = math.prod(self.shape)
        if not size:  # Arrow has no lists of nothing; a table may have no categorical column
            return pa.null()
        single = pa.from_numpy_dtype(np.dtype(self.type))
        return pa.list_(pa.field("item", single), size) if self.shape else single


class ArrowWriter:
    """Writes a file of rows, in as many batches as are appended."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema = pa.schema([column.field() for column in columns])
        self._writer = pa.ipc.new_file(str(path), self._schema)

    def append(self, values: Values) -> None:
        """Write rows; values has all columns."""
        arrays = [column.array(values[column.name]) for column in self._columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def __enter__(self) -> ArrowWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write the end of the file, which says where its batches are: without it the file cannot be read."""
        self._writer.close()


class ArrowFile:
    """The rows of a file, read where they lie."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            DatasetInvalid: if it is no such file, or is cut off.
        """
        try:
            reader = pa.ipc.open_file(pa.memory_map(str(path)))
            self._batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
            for batch in self._batches:
                batch.validate()  # that no column reaches beyond the file
        except (OSError, pa.ArrowException) as error:
            raise DatasetInvalid(f"{path}: cannot be read as an Arrow file: {error}") from error
        self._columns = {field.name: _column(field) for field in reader.schema}
        self._views: dict[tuple[str, int], NDArray[Any]] = {}
        self.nbytes = path.stat().st_size
        self.starts: NDArray[np.int64] = np.cumsum([0, *(len(batch) for batch in self._batches)])
        """The first row of each batch, and the number of rows."""

    def __len__(self) -> int:
        return int(self.starts[-1])

    def column(self, name: str) -> Column | None:
        """Return what a column holds, None if there is none of the name; the shape of image files is not known."""
        return self._columns.get(name)

    def take(self, name: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return rows of a column (n, …), in the order given; those of any length as objects."""
        column = self._columns[name]
        if not math.prod(column.shape):
            return np.empty((len(rows), *column.shape), column.type)
        if len(self._batches) == 1:
            return self._of_batch(column, 0, rows)
        taken = np.empty((len(rows), *column.shape), object if column.flexible else column.type)
        # One batch at a time, and in its order: a page of the file is then touched once.
        order = np.argsort(rows, kind="stable")
        ends = np.searchsorted(rows[order], self.starts)
        for number in np.flatnonzero(np.diff(ends)).tolist():
            places = order[ends[number] : ends[number + 1]]
            taken[places] = self._of_batch(column, number, rows[places] - self.starts[number])
        return taken

    def _of_batch(self, column: Column, number: int, rows: NDArray[np.int64]) -> NDArray[Any]:
        array = self._batches[number].column(column.name)
        # The buffers themselves: Arrow's own ways to NumPy and Python import pandas for a second if it is there.
        if column.flexible:
            _, ends, content = array.buffers()
            bounds = np.frombuffer(ends, np.int64)[array.offset :]
            parts = memoryview(content or b"")
            taken = np.empty(len(rows), object)
            for place, row in enumerate(rows):
                part = parts[bounds[row] : bounds[row + 1]]
                taken[place] = part.tobytes() if column.type == BYTES else str(part, "utf-8")
            return taken
        # Kept, because finding it takes longer than a small batch of rows.
        if (column.name, number) not in self._views:
            flat = array.flatten() if column.shape else array
            numbers = np.frombuffer(flat.buffers()[1], column.type)[flat.offset : flat.offset + len(flat)]
            self._views[column.name, number] = numbers.reshape(-1, *column.shape)
        values: NDArray[Any] = self._views[column.name, number][rows]
        return values


def _column(field: pa.Field) -> Column:
    """Return the column that a field was written for."""
    kind = field.type
    if pa.types.is_large_binary(kind) or pa.types.is_large_string(kind):
        return Column(field.name, BYTES if pa.types.is_large_binary(kind) else TEXT)
    shape = tuple(json.loads((field.metadata or {}).get(b"shape", b"[]")))
    if pa.types.is_null(kind):
        return Column(field.name, "int32", shape)
    single = kind.value_type if pa.types.is_fixed_size_list(kind) else kind
    return Column(field.name, np.dtype(single.to_pandas_dtype()).name, shape)


def _plain(values: NDArray[Any]) -> pa.Array:
    """Return numbers (n) as Arrow takes them, without a copy."""
    # Not pa.array, which imports pandas for a second if it is there.
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])

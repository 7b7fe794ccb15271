"""JSON lines, plain or gzipped: an object a row. Values keep their types; a column may hold several."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from nas_core.table_values import name_of
from nas_model.errors import DatasetInvalid
from nas_model.tables.table_file import BATCH_BYTES, BATCH_ROWS, MOST_COLUMNS, MOST_ROW_BYTES, column_names

GZIP = b"\x1f\x8b"
UNREADABLE = (OSError, EOFError, zlib.error)


class JsonLinesFile:
    """One file. Rows need not have all columns; ``names`` has those of the first batch, later ones may add to them."""

    complete = False
    indexes: tuple[str, ...] = ()

    def __init__(self, path: Path, label: str) -> None:
        self._path, self._label = path, label
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        first = next(self._rows(), [])
        self.names = tuple(dict.fromkeys(self._name(key) for row in first for key in row))

    def batches(self, wanted: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """Yield the wanted columns (None: all that a batch has).

        Raises:
            DatasetInvalid: if a row is no object, or too long.
        """
        for rows in self._rows():
            there = dict.fromkeys(key for row in rows for key in row)
            columns = {self._name(key): key for key in there}
            chosen = list(columns) if wanted is None else [name for name in wanted if name in columns]
            arrays = [_array([row.get(columns[name]) for row in rows]) for name in chosen]
            if not arrays:  # rows count even where none has a wanted column
                arrays, chosen = [pa.nulls(len(rows))], [""]
            yield pa.RecordBatch.from_arrays(arrays, names=chosen)

    def _name(self, key: str) -> str:
        if key not in self._names:
            name = _encodable(key.strip())
            if name in self._taken:
                column_names([other for other in (*self._names, key) if other.strip() == name], self._label)
            if len(self._names) == MOST_COLUMNS:
                raise DatasetInvalid(f"{self._label}: has more than {MOST_COLUMNS} columns")
            self._names[key] = name
            self._taken.add(name)
        return self._names[key]

    def _rows(self) -> Iterator[list[dict[str, Any]]]:
        rows: list[dict[str, Any]] = []
        number = size = 0
        try:
            with self._open() as file:
                while line := file.readline(MOST_ROW_BYTES + 1):
                    if len(line) > MOST_ROW_BYTES:
                        limit = MOST_ROW_BYTES >> 20
                        raise DatasetInvalid(
                            f"{self._label}, row {number + 1}: has more than {limit} MiB; write one object a line"
                        )
                    if not line.strip():
                        continue
                    number, size = number + 1, size + len(line)
                    rows.append(self._parse(line, number))
                    if size >= BATCH_BYTES or len(rows) >= BATCH_ROWS:
                        yield rows
                        rows, size = [], 0
        except UNREADABLE as error:
            raise DatasetInvalid(f"{self._label}: cannot be read as jsonl: {error}") from error
        if rows:
            yield rows

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            row = json.loads(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        except (ValueError, RecursionError) as error:
            raise DatasetInvalid(f"{self._label}, row {number}: cannot be read as jsonl: {error}") from error
        if not isinstance(row, dict):
            raise DatasetInvalid(f"{self._label}, row {number}: is no JSON object; write one object a line")
        return row

    def _open(self) -> BinaryIO:
        file = self._path.open("rb")
        packed = file.read(2) == GZIP
        file.seek(0)
        return gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[return-value]


def _array(values: list[Any]) -> pa.Array:
    types = set(map(type, values)) - {type(None)}
    try:
        if bool in types and len(types) > 1:  # after a float, true would become 1
            raise TypeError
        return pa.array(values)
    # Several types in one column, or whole numbers beyond 64 bits: all as texts, which is what a CSV file would have.
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        # Lists and objects within stay what they are: `profile` finds them by their type.
        if any(isinstance(value, list | dict) for value in values):
            return pa.array([[] if isinstance(value, list | dict) else None for value in values], pa.list_(pa.null()))
        return pa.array([None if value is None else _encodable(name_of(value)) for value in values], pa.string())


def _encodable(text: str) -> str:
    # JSON may hold halves of characters, which no file can have.
    return text.encode(errors="replace").decode()

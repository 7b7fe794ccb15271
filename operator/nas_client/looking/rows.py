"""The first rows of a table in CSV, JSON lines or Parquet, with what each value is called by the trainer: None is none.

They are refused for what the trainer refuses files for.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

from nas_client.errors import InvalidInput
from nas_core.table_values import name_of

MOST_ROWS, MOST_CELLS = 10_000, 1_000_000
HEAD_BYTES = 16 << 20
"""Bytes of a table that are read, unpacked."""
LONGEST_FIELD = 8 << 20
PARQUET_ROWS = 1000
"""Rows of Parquet that are read at a time."""
GZIP = b"\x1f\x8b"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
OTHER_SEPARATORS = ";\t|"
UNREADABLE = (OSError, EOFError, ValueError, zlib.error, csv.Error, RecursionError)


@dataclass(frozen=True)
class Sample:
    """The first rows of a table."""

    columns: Mapping[str, Sequence[Any]]
    rows: int
    complete: bool
    """Whether these are all rows."""
    indexes: frozenset[str] = frozenset()
    """Columns that the file says are the index of a data frame."""


def sample(file: BinaryIO, label: str, kind: str) -> Sample:
    """Return the first rows of a table.

    Raises:
        InvalidInput: if it cannot be read, or not as the trainer reads it; the message says what to do.
    """
    try:
        with file:
            found = READERS[kind](file, label)
    except UNREADABLE as error:
        raise InvalidInput(f"{label}: cannot be read as {kind}: {error}") from error
    if not found.rows or not found.columns:
        raise InvalidInput(f"{label}: has no rows; a table has names of columns and rows")
    return found


def _head(file: BinaryIO) -> tuple[bytes, bool]:
    """Return the beginning of a text file that may be compressed, and whether it is all of it."""
    start = file.read(2)
    file.seek(0)
    # By the content: what a browser saved may be unpacked and still be called .gz.
    opened = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if start == GZIP else file
    read = b""
    while len(read) <= HEAD_BYTES and (part := opened.read(1 << 20)):
        read += part
    return (read, True) if len(read) <= HEAD_BYTES else (read[: read.rfind(b"\n") + 1], False)


def _csv(file: BinaryIO, label: str) -> Sample:
    head, complete = _head(file)
    if head.startswith(UTF_16) or b"\0" in head[:1024]:
        raise InvalidInput(f"{label}: is no UTF-8 text (it looks like UTF-16); save it as UTF-8")
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{label}: is no UTF-8 text (perhaps it is Latin-1); save the file as UTF-8") from error
    separator = "\t" if label.lower().removesuffix(".gz").endswith(".tsv") else ","
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        read = (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row)
        names = _names(next(read, []), label)
        rows = [tuple(row) for _, row in zip(range(_most(len(names)) + 1), read, strict=False)]
    finally:
        csv.field_size_limit(before)
    if not complete:
        rows = rows[:-1]  # it may end within quotes
    kept = rows[: _most(len(names))]
    for number, row in enumerate(kept, 1):
        if len(row) != len(names):
            raise InvalidInput(
                f"{label}, row {number}: has {len(row)} fields and the header {len(names)}; give each row as many, and "
                "put texts with commas in quotes"
            )
    columns = {name: [row[place] or None for row in kept] for place, name in enumerate(names)}
    return Sample(columns, len(kept), complete and len(kept) == len(rows))


def _names(fields: list[str], label: str) -> list[str]:
    if len(fields) == 1 and (other := [mark for mark in OTHER_SEPARATORS if mark in fields[0]]):
        written = "tabs" if other[0] == "\t" else repr(other[0])
        remedy = "name it .tsv" if other[0] == "\t" else "write commas (and decimal points)"
        raise InvalidInput(f"{label}: its columns are separated by {written}; {remedy}")
    names = [name.strip() or f"Unnamed: {place}" for place, name in enumerate(fields)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidInput(f"{label}: two columns are called {twice[0]!r}; give each a name of its own")
    return names


def _json_lines(file: BinaryIO, label: str) -> Sample:
    head, complete = _head(file)
    rows: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    for line in filter(bytes.strip, head.removeprefix(codecs.BOM_UTF8).split(b"\n")):
        if len(rows) == _most(len(names) or 1):
            complete = False
            break
        row = json.loads(line)
        if not isinstance(row, dict):
            raise InvalidInput(f"{label}, row {len(rows) + 1}: is no JSON object; write one object a line")
        rows.append({key.strip(): value for key, value in row.items()})
        names |= dict.fromkeys(rows[-1])
    return Sample({name: _one_type([row.get(name) for row in rows]) for name in names}, len(rows), complete)


def _parquet(file: BinaryIO, label: str) -> Sample:
    try:
        import pyarrow.parquet as pq  # here: of the formats only this one needs it
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"{label}: Parquet needs pyarrow, which is not installed; pip install 'nas-operator[local]'"
        ) from error
    # Piece by piece: else all row groups are read before the first batch comes.
    opened = pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)
    names = _names(list(opened.schema_arrow.names), label)
    most = _most(len(names) or 1)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    rows = 0
    for batch in opened.iter_batches(batch_size=min(most, PARQUET_ROWS)):
        for name, values in zip(names, batch.columns, strict=True):
            columns[name] += values.to_pylist()
        rows += batch.num_rows
        if rows >= most:
            break
    described = opened.schema_arrow.pandas_metadata or {}
    indexes = frozenset(name for name in described.get("index_columns", ()) if isinstance(name, str))
    return Sample(
        {name: _one_type(values) for name, values in columns.items()}, rows, rows == opened.metadata.num_rows, indexes
    )


def _one_type(values: list[Any]) -> list[Any]:
    """Return values of one type: of several all are texts, as in CSV; a float that is no number is none."""
    types = {type(value) for value in values if value is not None}
    if types <= {int, float}:
        return [None if value != value else value for value in values]
    if len(types) == 1 or types & {list, dict}:
        return values
    return [None if value is None else name_of(value) for value in values]


def _most(columns: int) -> int:
    return max(1, min(MOST_ROWS, MOST_CELLS // max(1, columns)))


READERS: Mapping[str, Callable[[BinaryIO, str], Sample]] = {
    "csv": _csv,
    "parquet": _parquet,
    "jsonl": _json_lines,
}
"""By the kinds of `nas_core.data_files.TABLES`."""

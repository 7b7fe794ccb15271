"""The form of a table of architectures: a CSV, with the columns that name the architecture of a row.

Both readers use it: `nas_benchmark.table`, without a cluster, and `nas_trial.lookup.table`, in a trial. Nothing here
opens a file. An architecture may have several rows, from several trainings: it has the mean of each column.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nas_core.spaces import SearchSpace

TEXT_COLUMNS = ("architecture", "arch_str")
"""They hold the text of a space (`SearchSpace.text`); the second is what NAS-Bench-201 calls it."""
NETWORK_COLUMNS: Mapping[str, str] = {"nas-bench-101": "module_hash"}
"""By space: what its benchmark calls the canonical form (`SearchSpace.canonical`), where a row is a network, not one of
the many encodings of it."""
UNPACKED_LIMIT = 2**30
"""Bytes of a table out of gzip: room for 2 KiB of each of the 423,624 networks of NAS-Bench-101."""
_PIECE = 2**20


@dataclass(frozen=True)
class Naming:
    """How a table names its architectures."""

    column: str
    by_network: bool
    """It holds canonical forms, not texts."""


def naming(space: SearchSpace, header: Sequence[str]) -> Naming | None:
    """Return how a table with some columns names architectures of a space; None if none of them does."""
    network = NETWORK_COLUMNS.get(space.name)
    # Before the texts: by its canonical form a row is found whatever encoding is asked for.
    if network is not None and network in header:
        return Naming(network, by_network=True)
    text = next((column for column in TEXT_COLUMNS if column in header), None)
    return Naming(text, by_network=False) if text else None


class TableError(ValueError):
    """A table cannot be used; the message names file, row and column."""


Line = tuple[int, list[str]]
"""A row: the number of its line in the file, from 1, and its fields, as many as the header has."""


def read_csv(name: str, content: bytes) -> tuple[list[str], Iterator[Line]]:
    """Return the header of a CSV and, to be taken one by one, its rows; empty lines are passed over.

    Args:
        name: the file's, for messages; with ``.gz`` at its end it is compressed by gzip.
        content: of the file.

    Raises:
        TableError: if it cannot be read, is empty, unpacks to more than ``UNPACKED_LIMIT`` bytes, or has two columns of
            one name; at a row, if that has more or fewer fields than the header.
    """
    lines = _lines(name, content)
    _, header = next(lines, (0, []))
    if not header:
        raise TableError(f"{name} is empty")
    if double := next((column for column in header if header.count(column) > 1), None):
        raise TableError(f"{name} has two columns {double!r}; rename one")
    return header, lines


def _lines(name: str, content: bytes) -> Iterator[Line]:
    packed = name.endswith(".gz")
    fields = 0
    try:
        plain = _unpacked(name, content) if packed else io.BytesIO(content)
        # utf-8-sig, because spreadsheets begin a CSV with a byte order mark.
        reader = csv.reader(io.TextIOWrapper(plain, "utf-8-sig", newline=""))  # of the text only a line is held
        for row in reader:
            # One comparison for the usual row, of which published tables have hundreds of thousands.
            if len(row) != fields:
                if not row:
                    continue
                if fields:
                    raise TableError(f"{name}, line {reader.line_num}: it has {len(row)} fields, the header {fields}")
                fields = len(row)
            yield reader.line_num, row
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{name} cannot be read as a CSV{' in gzip' * packed}: {error}") from error


def _unpacked(name: str, content: bytes) -> io.BytesIO:
    plain = io.BytesIO()
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
        # In pieces: a few kilobytes can unpack to more than the memory.
        while piece := packed.read(_PIECE):
            if plain.tell() + len(piece) > UNPACKED_LIMIT:
                raise TableError(f"{name} unpacks to more than {UNPACKED_LIMIT} bytes; leave out what no search needs")
            plain.write(piece)
    plain.seek(0)
    return plain


def number(name: str, line: int, column: str, text: str) -> float:
    """Return what a column holds in a line of a file.

    Raises:
        TableError: if that is no finite number.
    """
    if (value := finite(text)) is None:
        raise TableError(f"{name}, line {line}: {column} is {text!r}, not a number; correct the table")
    return value


def finite(text: str) -> float | None:
    """Return the number that a text is, None if it is none or not finite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

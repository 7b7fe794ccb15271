"""SQLite files that another tool has written: opened for reading alone, and bounded, since anybody may have made them.

A view in place of a table could compute without end, so that every query has a deadline, and each value a length.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nas_client.errors import InvalidInput

HEADER = b"SQLite format 3\0"
PREFIX = "sqlite:///"
"""Begins the address of a file as SQLAlchemy writes it, which Optuna and MLflow take."""
LONGEST = 1 << 20
"""Bytes of one value."""
QUERY_S, STEPS = 60.0, 100_000
"""Seconds for all queries of a file, and instructions of SQLite after which they are looked at."""


def is_sqlite(path: Path) -> bool:
    """Whether a file says that it is an SQLite database; False also if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError:
        return False


class SqliteFile:
    """A database that is open for reading."""

    def __init__(self, connection: sqlite3.Connection, path: Path, tool: str) -> None:
        self._connection, self._path, self._tool = connection, path, tool

    def rows(self, query: str, values: Sequence[object] = (), most: int = -1) -> Iterator[tuple[object, ...]]:
        """Yield the rows of a query, at most so many.

        Raises:
            InvalidInput: if the file has no such tables, or the query takes too long.
        """
        try:
            yield from self._connection.execute(f"SELECT * FROM ({query}) LIMIT {most:d}", values)  # noqa: S608
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise InvalidInput(f"{self._path} is no database of {self._tool} that can be read: {error}") from error


@contextmanager
def opened(path: Path, tool: str) -> Iterator[SqliteFile]:
    """Open a database of a tool for reading.

    Raises:
        InvalidInput: if it cannot be opened.
    """
    ends = time.monotonic() + QUERY_S
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        connection.set_progress_handler(lambda: int(time.monotonic() > ends), STEPS)
        yield SqliteFile(connection, path, tool)
    finally:
        connection.close()

"""Databases that somebody made to harm who reads them."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from nas_client.errors import InvalidInput
from nas_client.importing import sqlite_file
from nas_client.importing.sqlite_file import is_sqlite, opened


def made(path: Path, *statements: str) -> Path:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


def rows(path: Path, query: str, most: int = 10) -> list[tuple[object, ...]]:
    with opened(path, "a tool") as file:
        return list(file.rows(query, most=most))


ENDLESS = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n)"


def test_rows_are_read_and_no_more_than_asked_for(tmp_path: Path) -> None:
    path = made(tmp_path / "a b?#.db", "CREATE TABLE t (k)", "INSERT INTO t VALUES (1), (2), (3)")
    assert is_sqlite(path)
    assert rows(path, "SELECT k FROM t ORDER BY k", most=2) == [(1,), (2,)]


def test_a_view_that_computes_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "a.db", f"CREATE VIEW t AS {ENDLESS} SELECT sum(k) AS k FROM n")
    monkeypatch.setattr(sqlite_file, "QUERY_S", 0.2)
    began = time.monotonic()
    with pytest.raises(InvalidInput, match="no database of a tool that can be read: interrupted"):
        rows(path, "SELECT k FROM t")
    assert time.monotonic() - began < 10


def test_a_view_without_end_gives_no_more_rows_than_asked_for(tmp_path: Path) -> None:
    path = made(tmp_path / "a.db", f"CREATE VIEW t AS {ENDLESS} SELECT k FROM n")
    assert len(rows(path, "SELECT k FROM t", most=1000)) == 1000


def test_a_value_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.db", "CREATE VIEW t AS SELECT zeroblob(100000000) AS k")
    with pytest.raises(InvalidInput, match="too big"):
        rows(path, "SELECT k FROM t")


def test_text_that_is_none_and_a_file_that_is_damaged_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.db", "CREATE TABLE t (k TEXT)", "INSERT INTO t VALUES (CAST(x'ff' AS TEXT))")
    with pytest.raises(InvalidInput, match="that can be read"):
        rows(path, "SELECT k FROM t")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InvalidInput, match="that can be read"):
        rows(path, "SELECT k FROM t")


def test_nothing_can_be_written(tmp_path: Path) -> None:
    path = made(tmp_path / "a.db", "CREATE TABLE t (k)")
    with pytest.raises(InvalidInput), opened(path, "a tool") as file:
        list(file.rows("SELECT writefile('x', 'y')"))
    with pytest.raises(InvalidInput, match="cannot be read"), opened(tmp_path / "none.db", "a tool"):
        pass
    assert not (tmp_path / "none.db").exists()
    assert not is_sqlite(tmp_path / "none.db")

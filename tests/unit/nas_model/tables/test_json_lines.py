from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nas_model.tables.json_lines import JsonLinesFile
from nas_model.tables.table_file import MOST_ROW_BYTES
from nas_trial.errors import DatasetInvalid


def open_lines(folder: Path, content: bytes | str, name: str = "d.jsonl") -> JsonLinesFile:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return JsonLinesFile(path, name)


def columns(file: JsonLinesFile, wanted: list[str] | None = None) -> dict[str, list[Any]]:
    (batch,) = file.batches(wanted)
    found: dict[str, list[Any]] = batch.to_pydict()
    return found


def test_values_keep_their_types_and_rows_need_not_have_all(tmp_path: Path) -> None:
    file = open_lines(tmp_path, '{"a": 1, " b": "007"}\n\n{"a": 2.5, "c": true}\n')
    assert file.names == ("a", "b", "c")
    assert columns(file) == {"a": [1.0, 2.5], "b": ["007", None], "c": [None, True]}
    assert columns(file, ["c", "no"]) == {"c": [None, True]}


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ("1, 2.0, null", [1.0, 2.0, None]),
        ('1, "n/a", 2.0', ["1", "n/a", "2"]),
        ("1, true, null", ["1", "True", None]),
        ("1, 100000000000000000000000000, 2", ["1", "100000000000000000000000000", "2"]),
    ],
)
def test_a_column_of_several_types_is_what_a_csv_file_would_have(tmp_path: Path, values: str, read: list[Any]) -> None:
    lines = "".join(f'{{"x": {value}}}\n' for value in values.split(", "))
    assert columns(open_lines(tmp_path, lines)) == {"x": read}


def test_halves_of_characters_are_replaced(tmp_path: Path) -> None:
    assert columns(open_lines(tmp_path, '{"x": "a\\ud800", "\\ud801": "b"}\n')) == {"x": ["a?"], "?": ["b"]}


def test_lists_and_objects_stay_what_they_are(tmp_path: Path) -> None:
    for values in ('["a"]', '{"k": 1}', '["a"]}\n{"x": 5', '["a"]}\n{"x": {"k": []}'):
        (batch,) = open_lines(tmp_path, f'{{"x": {values}}}\n').batches(None)
        assert pa.types.is_nested(batch.column("x").type)


def test_true_after_a_float_is_no_number(tmp_path: Path) -> None:
    file = open_lines(tmp_path, '{"a": 2.0}\n{"a": true}\n')
    assert [batch.column(0).to_pylist() for batch in file.batches(None)] == [["2", "True"]]


def test_a_later_batch_may_bring_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_model.tables.json_lines.BATCH_ROWS", 3)
    packed = gzip.compress(b'{"a": 1}\n' * 3 + b'{"a": 1, "late": 2}\n', mtime=0)
    file = open_lines(tmp_path, packed, "d.jsonl.gz")
    assert file.names == ("a",)
    assert [batch.schema.names for batch in file.batches(None)] == [["a"], ["a", "late"]]
    assert [batch.num_rows for batch in file.batches(["late"])] == [3, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a"\n', "row 2: cannot be read as jsonl"),
        ("[1, 2]\n", "row 1: is no JSON object; write one object a line"),
        ('{"a": ' + "[" * 100_000 + "\n", "row 1: cannot be read as jsonl"),
        ('{"a": 1, " a": 2}\n', "two columns are called 'a'"),
        ('{"a": "' + "x" * MOST_ROW_BYTES + '"}\n', "row 1: has more than 8 MiB"),
        ('{"a": ' + "9" * 5000 + "}\n", "row 1: cannot be read as jsonl"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_and_row(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=rf"d\.jsonl[,:] {message}"):
        columns(open_lines(tmp_path, content))


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match=r"d\.jsonl\.gz: cannot be read as jsonl"):
        open_lines(tmp_path, gzip.compress(b'{"a": 1}\n', mtime=0)[:-9], "d.jsonl.gz")

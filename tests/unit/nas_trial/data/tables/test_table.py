from __future__ import annotations

import pytest
from tests.support.held_files import HeldFiles

from nas_model.tables.table_file import BATCH_ROWS, column_names
from nas_trial.data.tables.inputs import open_table
from nas_trial.errors import DatasetInvalid


def test_rows_of_several_files_are_named() -> None:
    files = HeldFiles({"a.csv": "x,y\n1,0\n2,1\n", "b.csv": "y,x\n3,0\n"})
    table = open_table(files, ["a.csv", "b.csv"], "csv")
    read = [(start, batch.column("x").to_pylist()) for start, batch in table.batches(["x"])]
    assert read == [(0, ["1", "2"]), (2, ["0"])]
    assert [table.row(i) for i in range(3)] == ["a.csv, row 1", "a.csv, row 2", "b.csv, row 1"]
    assert table.place(2) == ("b.csv", 2)


def test_files_of_one_table_have_the_same_columns() -> None:
    files = HeldFiles({"a.csv": "x,y\n1,0\n", "c.csv": "x,z\n3,0\n"})
    with pytest.raises(DatasetInvalid, match=r"s3://b/m/c\.csv: its columns differ from those of a.csv by y, z"):
        open_table(files, ["a.csv", "c.csv"], "csv")


def test_rows_of_json_need_not() -> None:
    files = HeldFiles({"a.jsonl": '{"x": 1}\n', "b.jsonl": '{"y": 1}\n'})
    table = open_table(files, ["a.jsonl", "b.jsonl"], "jsonl")
    assert (table.names, table.complete) == (["x", "y"], False)
    table.require(["y"])
    with pytest.raises(
        DatasetInvalid, match=r"s3://b/m: a\.jsonl has no column 'z'; there are: x, y; give every table"
    ):
        table.require(["z"])


def test_batches_are_bounded_in_rows() -> None:
    files = HeldFiles({"a.csv": "x\n" + "1\n" * (BATCH_ROWS + 1)})
    table = open_table(files, ["a.csv"], "csv")
    assert [(start, batch.num_rows) for start, batch in table.batches(None)] == [(0, BATCH_ROWS), (BATCH_ROWS, 1)]
    assert table.row(BATCH_ROWS) == f"row {BATCH_ROWS + 1}"


def test_names_are_stripped_and_different() -> None:
    assert column_names([" a", "", "b "], "d.csv") == ("a", "Unnamed: 1", "b")
    with pytest.raises(DatasetInvalid, match=r"d.csv: two columns are called 'a' \(numbers 1 and 2\)"):
        column_names(["a", "a "], "d.csv")

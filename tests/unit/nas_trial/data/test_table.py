from __future__ import annotations

import gzip
import io

import pandas as pd
import pytest
from tests.support.held_files import HeldFiles

from nas_core.api.task import Task
from nas_trial.data.readers import guess
from nas_trial.data.table import choose, read
from nas_trial.errors import DatasetInvalid

FRAME = pd.DataFrame({"age": [31, 42], "job": ["nurse", 'cook, "chef"'], "y": ["no", "yes"]})


def parquet(frame: pd.DataFrame = FRAME) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("d.csv", FRAME.to_csv(index=False), "csv"),
        ("d.tsv", FRAME.to_csv(index=False, sep="\t"), "csv"),
        ("d.csv.gz", gzip.compress(FRAME.to_csv(index=False).encode(), mtime=0), "csv"),
        ("d.parquet", parquet(), "parquet"),
        ("d.jsonl", FRAME.to_json(orient="records", lines=True), "jsonl"),
    ],
    ids=["csv", "tsv", "gzip", "parquet", "jsonl"],
)
def test_every_form_holds_the_same(name: str, content: bytes | str, kind: str) -> None:
    files = HeldFiles({name: content, "readme.md": ""})
    assert guess(files, Task.model_validate({"type": "regression", "dataset": {"path": "/d"}})) == kind
    table = read(files, choose(files, kind)["train"], kind)
    pd.testing.assert_frame_equal(table.frame, FRAME, check_dtype=False)
    assert table.row(1) == "row 2"


def test_files_name_their_splits() -> None:
    names = ["train-0.csv", "train-1.csv", "val.csv", "test.csv", "notes.csv"]
    found = choose(HeldFiles(dict.fromkeys(names, "")), "csv")
    assert found == {"train": names[:2], "val": ["val.csv"], "test": ["test.csv"]}
    assert choose(HeldFiles({"part-0.csv": "", "test.csv": ""}), "csv")["train"] == ["part-0.csv"]
    assert choose(HeldFiles({"data": ""}), "csv")["train"] == ["data"], "a format that is named needs no ending"
    with pytest.raises(DatasetInvalid, match="found no csv file to train on"):
        choose(HeldFiles({"test.csv": ""}), "csv")


def test_rows_of_several_files_are_named() -> None:
    files = HeldFiles({"a.csv": "x,y\n1,0\n2,1\n", "b.csv": "x,y\n3,0\n", "c.csv": "x,z\n3,0\n"})
    table = read(files, ["a.csv", "b.csv"], "csv")
    assert table.frame["x"].tolist() == [1, 2, 3]
    assert [table.row(i) for i in range(3)] == ["a.csv, row 1", "a.csv, row 2", "b.csv, row 1"]
    with pytest.raises(DatasetInvalid, match=r"s3://b/m/c\.csv: its columns differ from those of a.csv by y, z"):
        read(files, ["a.csv", "c.csv"], "csv")


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("csv", b"", "No columns"),
        ("csv", b"a,b\n1,2\n1,2,3\n", "line 3"),
        ("csv", b"a,b\n\xff\xfe,2\n", "decode"),
        ("parquet", b"no table", ""),
        ("parquet", parquet()[:200], ""),
        ("jsonl", b'{"a": 1}\n{"a"\n', ""),
    ],
)
def test_an_unreadable_table_is_named(kind: str, content: bytes, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"s3://b/m/d.x: cannot be read as {kind}: .*{message}"):
        read(HeldFiles({"d.x": content, "other": ""}), ["d.x"], kind)

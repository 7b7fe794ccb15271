"""What `nasctl init` says of columns is what the trainer makes of the same file, also where the data are odd."""

from __future__ import annotations

import csv
import datetime
import io
import json
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_client.looking.columns import classes_of, profile
from nas_client.looking.folders import classes_of_folders
from nas_client.looking.rows import sample
from nas_core.api.task import Dataset, Task
from nas_core.data_files import MEDIA_FILES
from nas_model.preprocessing.values import Values
from nas_trial.data.arrangement import arrange
from nas_trial.data.files import LocalFiles
from nas_trial.data.tables.columns import decide
from nas_trial.data.tables.inputs import open_table
from nas_trial.data.tables.profile import Profile
from nas_trial.data.tables.roles import assign
from nas_trial.data.tables.scan import scan
from nas_trial.process.stop import StopFlag

TEXTS = (
    *("", " ", "NA", "n/a", "#N/A", "<NA>", "NaN", "null", "None", "?", "-", "1", "1.0", "2.00", "-2.5", "+3", " 7 "),
    *("1,5", "1.234,5", "1e5", ".5", "5.", "inf", "-Infinity", "1e999", "true", "FALSE", " True ", "2024-01-02"),
    *("2024-01-02T03:04:05Z", "2024-01-02 03:04", "02/01/2024", "a", "b", "A", "ä ö", 'say "no"', "x,y", "x\ny", "0"),
)
MOMENT = datetime.datetime(2024, 1, 2, 3, 4, 5)
VALUES = (None, 0, 1, 2, -3, 2.0, 2.5, float("nan"), float("inf"), True, False, "", "a", "NA", "1", "true")
TYPED = (
    (None, 1, 2, 3), (1.0, 2.5, None, float("nan")), (True, False, None), ("a", "1", "NA", None, " "),
    (Decimal("1.00"), Decimal("2.50"), None), (MOMENT, None), (MOMENT.date(), None), (b"a", None), (None,), ([1], None),
)  # fmt: skip


def rows_of(pools: st.SearchStrategy[tuple[Any, ...]]) -> st.SearchStrategy[list[list[Any]]]:
    """Columns of one length, each of a few values."""

    def columns(length: int) -> st.SearchStrategy[list[list[Any]]]:
        column = pools.flatmap(lambda pool: st.lists(st.sampled_from(pool), min_size=length, max_size=length))
        numbers = st.sampled_from([0, 1, 2]).map(lambda first: list(range(first, first + length)))
        return st.lists(column | numbers, min_size=1, max_size=4)

    return st.integers(2, 40).flatmap(columns)


def pool(values: Sequence[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=5).map(tuple)


def compare(content: bytes, ending: str) -> None:
    """Assert that both say the same of the columns of a file whose target is ``y``."""
    kind = "csv" if ending == ".csv" else ending.removeprefix(".")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{ending}"
        path.write_bytes(content)
        found = sample(path.open("rb"), path.name, kind)
        task = Task(type="tabular-classification", dataset=Dataset(path=str(path), target="y"))
        files = LocalFiles(path, "task.dataset.path", StopFlag())
        table = open_table(files, [path.name], kind)
        roles = assign(table.names, task, "here")
        scanned = scan(files, table, roles, task)
    assert found.complete and found.rows == scanned.rows
    assert set(found.columns) == set(table.names)
    for name, theirs in scanned.profiles.items():
        ours = profile(name, found.columns[name], index=name in table.indexes)
        if theirs.unusable:
            assert "values of type" in ours.why
            continue
        assert (ours.missing, ours.words, ours.numbers) == (theirs.missing, theirs.words.count, theirs.numbers)
        assert (ours.booleans == ours.present > 0) == theirs.is_boolean
        assert (ours.mistakes[0] if ours.mistakes else None) == (
            (theirs.other.row + 1, theirs.other.value) if theirs.other.count else None
        )
        if theirs.present:
            assert set(ours.names) == set(theirs.names.places)
    # Beside a column that is always used: where it is the only one, the number of the row is an input.
    kinds = decide({**scanned.profiles, "beside": _beside()}, table.indexes, roles, task, "here")
    theirs_by_name = dict.fromkeys(kinds.numeric, "numeric") | dict.fromkeys(kinds.categorical, "categorical")
    for name in scanned.profiles:
        ours = profile(name, found.columns[name], index=name in table.indexes)
        assert ours.kind == theirs_by_name.get(name, "left out"), (name, found.columns[name], ours.why)
    assert scanned.labels is not None
    assert set(classes_of(found.columns["y"])) == set(scanned.labels.result(scanned.labels.is_boolean)[1])


def _beside() -> Profile:
    made = Profile()
    made.add(Values(pa.array(["a", "b"] * 10)), 0, 0, None)
    return made


@settings(max_examples=150, deadline=None)
@given(
    rows_of(pool(TEXTS)),
    st.sampled_from(["", "\ufeff", "\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_columns_of_csv(columns: list[list[Any]], before: str, quoting: Any, end: str) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=quoting, lineterminator=end)
    writer.writerow([*(f" c{place}" for place in range(len(columns))), "", "y"])
    for number, row in enumerate(zip(*columns, strict=True)):
        writer.writerow([*row, "", columns[0][number] or "none"])
    compare((before + written.getvalue()).encode(), ".csv")


@settings(max_examples=100, deadline=None)
@given(rows_of(pool(VALUES)))
def test_columns_of_json_lines(columns: list[list[Any]]) -> None:
    lines = []
    for number, row in enumerate(zip(*columns, strict=True)):
        written = {f" c{place}": value for place, value in enumerate(row) if (place + number) % 5}
        lines.append(json.dumps(written | {"y": str(row[0])}))
    compare("\n".join(lines).encode(), ".jsonl")


@settings(max_examples=100, deadline=None)
@given(rows_of(st.sampled_from(TYPED)))
def test_columns_of_parquet(columns: list[list[Any]]) -> None:
    written = io.BytesIO()
    named = {f"c{place}": pa.array(values) for place, values in enumerate(columns)}
    pq.write_table(pa.table(named | {"y": pa.array([k % 2 == 0 for k in range(len(columns[0]))])}), written)
    compare(written.getvalue(), ".parquet")


@pytest.mark.parametrize(
    "names",
    [
        ["cat/1.png", "dog/1.png"],
        ["flowers/cat/1.png", "flowers/dog/1.png", "flowers/dog/old/2.png"],
        ["train/cat/1.png", "train/dog/1.png", "test/cat/1.png", "test/dog/2.png", "val/dog/2.png"],
        ["set/train/cat/1.png", "set/train/dog/1.png", "set/Testing/cat/1.png", "set/other/cat/1.png"],
    ],
)
def test_classes_of_folders(names: list[str]) -> None:
    theirs = arrange("here", names, "image", MEDIA_FILES["image"], None)
    trained = [label for part in ("train", "val") for label in theirs.splits.get(part, {}).values()]
    counts, parts = classes_of_folders(names)
    assert sorted(label for label, count in counts.items() for _ in range(count)) == sorted(trained)
    assert ("test" in parts) == ("test" in theirs.splits)

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from nas_core.api.task import Task
from nas_model.preprocessing.values import Values
from nas_trial.data.tables.columns import Kinds, decide, wanted
from nas_trial.data.tables.profile import Named, Profile
from nas_trial.data.tables.roles import assign
from nas_trial.errors import CandidateRejected, DatasetInvalid

N = 40
COLUMNS: dict[str, list[Any]] = {
    "income": [1.5 * i for i in range(N)],
    "children": [i % 4 for i in range(N)],
    "town": [("Rom", "Oslo", None)[i % 3] for i in range(N)],
    "member": [(True, False, None)[i % 3] for i in range(N)],
    "paid": [("yes", "NA")[i % 2] for i in range(N)],
    "code": [str(i * i) if i != 7 else "seven" for i in range(N)],
    "rain": [str(i % 7) if i % 2 else "?" for i in range(N)],
    "comment": [f"comment number {i}" for i in range(N)],
    "since": [f"2024-01-{i % 20 + 1:02d}" for i in range(N)],
    "tags": [["a"] for _ in range(N)],
    "nothing": [None] * N,
    "Unnamed: 0": [i + 7 for i in range(N)],
    "id": list(range(1, N + 1)),
    "target": [i % 2 for i in range(N)],
}


def profile(values: list[Any], named: Named | None = None) -> Profile:
    found = Profile(named)
    found.add(Values(pa.array(values)), 0, 0, None)
    return found


def kinds(table: dict[str, list[Any]] = COLUMNS, kind: str = "tabular-classification", **dataset: Any) -> Kinds:
    task = Task.model_validate({"type": kind, "dataset": {"path": "/d", **dataset}})
    roles = assign(list(table), task, "d.csv")
    passed_over = {*roles.targets, *roles.media.values(), *task.dataset.columns.ignore}
    profiles = {name: profile(values) for name, values in table.items() if name not in passed_over}
    return decide(profiles, frozenset({"key"}), roles, task, "d.csv")


def test_columns_are_typed_by_what_they_hold() -> None:
    found = kinds()
    assert found.numeric == ["income", "children", "code", "rain"]
    assert found.categorical == ["town", "member", "paid"]
    left_out = {warning.split("'")[1]: warning.split("left out: ")[1].split(";")[0] for warning in found.warnings}
    assert left_out == {
        "comment": "40 different texts in 40 rows are no categories",
        "since": "it holds dates",
        "tags": "it holds values of type list<item: string>",
        "nothing": "it holds no value",
        "Unnamed: 0": "it is the index of a data frame",
        "id": "it is the number of the row",
    }
    assert "name it in task.dataset.columns.numeric to have it used as seconds since 1970" in found.warnings[1]


def test_what_is_named_is_so() -> None:
    named = {"numeric": ["id"], "categorical": ["children", "comment"], "ignore": ["since", "tags", "nothing"]}
    found = kinds({name: COLUMNS[name] for name in COLUMNS if name not in ("code", "Unnamed: 0")}, columns=named)
    assert (found.numeric, found.warnings) == (["id", "income", "rain"], [])
    assert found.categorical == ["children", "comment", "town", "member", "paid"]


def test_the_index_of_a_parquet_file_is_left_out() -> None:
    found = kinds({"x": COLUMNS["income"], "key": COLUMNS["code"], "target": COLUMNS["target"]})
    assert found.numeric == ["x"]
    assert found.warnings[0].startswith("column 'key' is left out: it is the index of a data frame")


def test_a_row_number_that_is_all_there_is_is_used() -> None:
    found = kinds({"x": list(range(N)), "target": COLUMNS["target"]}, "regression")
    assert (found.numeric, found.warnings) == (["x"], ["column 'x' is the number of the row, and the only input"])
    assert kinds({"x": [1, 2, 3], "target": [0, 1, 0]}).warnings == [], "three are in order by chance"


def test_texts_and_files_are_found_by_name() -> None:
    columns = {**COLUMNS, "text": ["some words"] * N, "image": ["a.png"] * N, "clip": ["a.wav"] * N}
    found = kinds(columns, "multi-modal-classification", columns={"audio": "clip"})
    assert found.media == {"text": "text", "image": "image", "audio": "clip"}
    assert "text" not in found.categorical
    assert kinds(columns, "image-classification").media == {"image": "image"}
    assert kinds(columns).media == {}, "a table's network has no use for them"


def test_the_only_column_of_texts_is_the_text() -> None:
    mails: dict[str, list[Any]] = {
        "body": ["hello you", "buy this"],
        "length": [9, 8],
        "sent": ["2024-01-02", "2024-01-03"],
        "label": ["a", "b"],
    }
    found = kinds(mails, "text-classification")
    assert (found.media, found.numeric) == ({"text": "body"}, [])
    with pytest.raises(CandidateRejected, match=r"set task.dataset.columns.text .* there are: body, length"):
        kinds({**mails, "to": ["me", "you"]}, "text-classification")


def test_numbers_as_people_write_them_are_left_out_with_what_to_do() -> None:
    rates = [f"{i}.5%" for i in range(N)]
    found = kinds({"rate": rates, "income": COLUMNS["income"], "target": COLUMNS["target"]})
    assert found.warnings[0].endswith("; if '0.5%' is a number, write it as a plain one")
    with pytest.raises(
        DatasetInvalid, match=r"found none; .* There are: rate; column 'rate' is left out: .* '0\.5%' is"
    ):
        kinds({"rate": rates, "target": COLUMNS["target"]})


def test_what_the_task_needs_is_told() -> None:
    with pytest.raises(CandidateRejected, match="needs columns of image"):
        kinds(kind="image-classification")
    with pytest.raises(CandidateRejected, match=r"at least two of them\), found columns of numbers or categories"):
        kinds(kind="multi-modal-classification")
    with pytest.raises(CandidateRejected, match="time-series-classification is not read from tables"):
        wanted(Task.model_validate({"type": "time-series-classification", "dataset": {"path": "/d"}}))

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from nas_core.api.task import Task
from nas_trial.data.columns import Kinds, decide
from nas_trial.data.table import DataTable
from nas_trial.errors import CandidateRejected

N = 40
FRAME = pd.DataFrame(
    {
        "income": [1.5 * i for i in range(N)],
        "children": [i % 4 for i in range(N)],
        "town": [("Rom", "Oslo", None)[i % 3] for i in range(N)],
        "member": [i % 2 == 0 for i in range(N)],
        "code": [str(i) if i != 7 else "seven" for i in range(N)],
        "comment": [f"comment number {i}" for i in range(N)],
        "tags": [["a"] for _ in range(N)],
        "nothing": [None] * N,
        "target": [i % 2 for i in range(N)],
    }
)


def kinds(frame: pd.DataFrame = FRAME, kind: str = "tabular-classification", **dataset: Any) -> Kinds:
    task = Task.model_validate({"type": kind, "dataset": {"path": "/d", **dataset}})
    return decide(DataTable(frame, {"d.csv": len(frame)}), task, "d.csv")


def test_columns_are_typed_by_what_they_hold() -> None:
    found = kinds()
    assert found.target == "target"
    assert found.numeric == ["income", "children", "code"]
    assert found.categorical == ["town", "member"]
    assert [warning.split(":")[0] for warning in found.warnings] == [
        "column 'comment' is left out",
        "column 'tags' is left out",
        "column 'nothing' is left out",
    ]
    assert "40 different texts in 40 rows are no categories" in found.warnings[0]


def test_what_is_named_is_so() -> None:
    named = {"numeric": ["income"], "categorical": ["children", "comment"], "ignore": ["code", "tags", "nothing"]}
    found = kinds(target="member", columns=named)
    assert (found.target, found.numeric, found.warnings) == ("member", ["income", "target"], [])
    assert found.categorical == ["children", "comment", "town"]


def test_texts_and_files_are_found_by_name() -> None:
    frame = FRAME.assign(text="some words", image="a.png", clip="a.wav")
    found = kinds(frame, "multi-modal-classification", columns={"audio": "clip"})
    assert found.media == {"text": "text", "image": "image", "audio": "clip"}
    assert "text" not in found.categorical
    assert kinds(frame, "image-classification").media == {"image": "image"}
    assert kinds(frame).media == {}, "a table's network has no use for them"


def test_the_only_column_of_texts_is_the_text() -> None:
    mails = pd.DataFrame({"body": ["hello you", "buy this"], "length": [9, 8], "label": ["ham", "spam"]})
    found = kinds(mails, "text-classification")
    assert (found.media, found.target, found.numeric) == ({"text": "body"}, "label", [])
    with pytest.raises(CandidateRejected, match=r"set task.dataset.columns.text .* there are: body, length, label, to"):
        kinds(mails.assign(to=["me", "you"]), "text-classification")


def test_a_split_column() -> None:
    frame = FRAME.assign(split="train", fold="test")
    assert kinds(frame).split == "split"
    assert kinds(frame, splitColumn="fold").split == "fold"
    assert kinds(frame, columns={"categorical": ["split"]}).split is None


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"target": "labl"}, r"task.dataset.target: d.csv has no column 'labl'; there are: income, children, town"),
        ({"columns": {"numeric": ["age"]}}, "task.dataset.columns.numeric: d.csv has no column 'age'; there are"),
        ({"splitColumn": "fold"}, "task.dataset.splitColumn: d.csv has no column 'fold'"),
        (
            {"columns": {"numeric": ["income"], "ignore": ["income"]}},
            "task.dataset.columns.ignore: column 'income' is already task.dataset.columns.numeric; name it once",
        ),
        ({"columns": {"numeric": ["target"]}}, "column 'target' is already task.dataset.target"),
    ],
)
def test_a_wrong_name_is_told(dataset: dict[str, Any], message: str) -> None:
    with pytest.raises(CandidateRejected, match=message):
        kinds(**dataset)


def test_what_the_task_needs_is_told() -> None:
    with pytest.raises(CandidateRejected, match=r"set task.dataset.target to the column .* there are: a, b"):
        kinds(pd.DataFrame({"a": [1], "b": [2]}))
    with pytest.raises(CandidateRejected, match="needs columns of image"):
        kinds(kind="image-classification")
    with pytest.raises(CandidateRejected, match=r"at least two of them\), found columns of numbers or categories"):
        kinds(kind="multi-modal-classification")
    with pytest.raises(CandidateRejected, match="time-series-classification is not read from tables"):
        kinds(kind="time-series-classification")

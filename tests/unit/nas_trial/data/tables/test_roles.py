from __future__ import annotations

from typing import Any

import pytest

from nas_core.api.task import Task
from nas_trial.data.tables.roles import Roles, assign
from nas_trial.errors import CandidateRejected

NAMES = ["income", "town", "patient", "day", "text", "split", "fold", "member", "target"]


def roles(names: list[str] = NAMES, task: dict[str, Any] | None = None, **dataset: Any) -> Roles:
    given = {"type": "tabular-classification", **(task or {}), "dataset": {"path": "/d", **dataset}}
    return assign(names, Task.model_validate(given), "d.csv")


def test_parts_by_name() -> None:
    found = roles(group="patient", columns={"numeric": ["income"], "ignore": ["day"]})
    assert (found.targets, found.split, found.group, found.time) == (("target",), "split", "patient", None)
    assert (found.numeric, found.media) == (("income",), {"text": "text"})
    assert set(found.of) == {"target", "split", "patient", "income", "day", "text"}
    assert roles(time="day").time == "day"


def test_a_split_column() -> None:
    assert roles(splitColumn="fold").split == "fold"
    assert roles(columns={"categorical": ["split"]}).split is None, "it may be a feature"
    assert roles([*NAMES[:5], "target"]).split is None


def test_several_targets() -> None:
    both = roles(task={"type": "regression"}, targets=["income", "member"])
    assert both.targets == ("income", "member")
    assert both.of["income"] == "targets"
    with pytest.raises(CandidateRejected, match=r"task\.multiLabel: set task\.dataset\.targets .* there are: income"):
        roles(task={"multiLabel": True})


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"target": "labl"}, r"task.dataset.target: d.csv has no column 'labl'; there are: income, town"),
        ({"columns": {"numeric": ["age"]}}, "task.dataset.columns.numeric: d.csv has no column 'age'; there are"),
        ({"splitColumn": "no"}, "task.dataset.splitColumn: d.csv has no column 'no'"),
        ({"group": "no"}, "task.dataset.group: d.csv has no column 'no'"),
        ({"time": "target"}, "task.dataset.time: column 'target' is already task.dataset.target; name it once"),
        (
            {"columns": {"numeric": ["income"], "ignore": ["income"]}},
            "task.dataset.columns.ignore: column 'income' is already task.dataset.columns.numeric; name it once",
        ),
    ],
)
def test_a_wrong_name_is_told(dataset: dict[str, Any], message: str) -> None:
    with pytest.raises(CandidateRejected, match=message) as caught:
        roles(**dataset)
    assert caught.value.reason == "SpecInvalid"


def test_a_target_that_is_not_clear_is_told() -> None:
    with pytest.raises(CandidateRejected, match=r"d.csv: set task.dataset.target to the column .* there are: a, b$"):
        roles(["a", "b"])
    with pytest.raises(CandidateRejected, match=r"set task\.dataset\.target"):
        roles(["label", "class"])
    with pytest.raises(CandidateRejected, match=r"there are: 5.1, 3.5, setosa; the first row must have the names"):
        roles(["5.1", "3.5", "setosa"])

from __future__ import annotations

from typing import Any

import pytest
from tests.support.held_files import HeldFiles

from nas_core.api.task import Task
from nas_trial.data.tables.inputs import open_table
from nas_trial.data.tables.roles import assign
from nas_trial.data.tables.scan import Scan, scan
from nas_trial.errors import DatasetInvalid, Stopped


def scanned(
    content: str, kind: str = "csv", task: dict[str, Any] | None = None, stop: bool = False, **dataset: Any
) -> Scan:
    given = {"type": "tabular-classification", **(task or {}), "dataset": {"path": "/d", **dataset}}
    files = HeldFiles({"d": content})
    if stop:
        files.stop.set()
    table = open_table(files, ["d"], kind)
    read = Task.model_validate(given)
    return scan(files, table, assign(table.names, read, "d"), read)


def test_targets_and_divisions_are_collected_and_the_rest_is_profiled() -> None:
    found = scanned("x,p,split,note,y\n1,a,train,u,no\n2,b,val,v,yes\n", group="p", columns={"ignore": ["note"]})
    assert list(found.profiles) == ["x"]
    assert found.labels is not None and found.labels.places().tolist() == [0, 1]
    assert found.given is not None and found.given.tolist() == ["train", "val"]
    assert found.groups is not None and len(set(found.groups.tolist())) == 2
    assert found.times is None and found.targets is None


def test_times_and_several_targets() -> None:
    content = "x,day,a,b\n1,1970-01-02,1,2\n2,1970-01-03,3,4.5\n"
    found = scanned(content, task={"type": "regression"}, time="day", targets=["a", "b"])
    assert found.times is not None and found.times.tolist() == [86400, 172800]
    assert found.targets is not None and found.targets.tolist() == [[1, 2], [3, 4.5]]
    assert found.labels is None
    with pytest.raises(DatasetInvalid, match="column 'day', row 2: there is no time; fill it, or remove the row"):
        scanned("x,day,y\n1,1970-01-02,1\n2,,3\n", time="day")


def test_several_labels() -> None:
    found = scanned("x,a,b\n1,true,0\n2,false,1\n", task={"multiLabel": True}, targets=["a", "b"])
    assert found.targets is not None and found.targets.tolist() == [[1, 0], [0, 1]]


def test_a_column_that_comes_late_or_not_at_all_is_missing() -> None:
    lines = '{"y": 0}\n{"y": 1, "x": 5}\n{"x": 6, "y": 0}\n'
    assert scanned(lines, "jsonl").profiles["x"].missing == 1


def test_a_trial_that_is_asked_to_stop_stops() -> None:
    with pytest.raises(Stopped):
        scanned("x,y\n1,0\n", stop=True)

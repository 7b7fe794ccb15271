from __future__ import annotations

from dataclasses import replace

import numpy as np

from nas_trial.data.raw import RawData, in_memory, join, table


def raw(n: int, first: float = 0) -> RawData:
    return in_memory(table(np.arange(first, first + n)[:, None]), np.arange(n), "here")


def test_taken_examples_keep_their_names() -> None:
    taken = raw(5).take(np.array([4, 1]))
    assert taken.targets.tolist() == [4, 1]
    assert (taken.row(0), taken.row(1)) == ("row 4", "row 1")
    assert taken.take(np.array([1])).row(0) == "row 1"


def test_joined_splits() -> None:
    both = join({"train": raw(3), "val": raw(2, first=10)})
    assert both.inputs["numeric"][:, 0].tolist() == [0, 1, 2, 10, 11]
    assert both.given is not None and both.given.tolist() == ["train"] * 3 + ["val"] * 2
    assert [both.row(i) for i in (0, 2, 3, 4)] == ["row 0 of train", "row 2 of train", "row 0 of val", "row 1 of val"]


def test_what_the_data_say_of_a_row_counts_more_than_the_part_it_lies_in() -> None:
    marked = replace(raw(3), given=np.array(["train", "test", "val"]))
    both = join({"train": marked, "val": raw(2)})
    assert both.given is not None and both.given.tolist() == ["train", "test", "val", "val", "val"]


def test_joined_splits_keep_their_groups_and_times() -> None:
    one, other = (replace(raw(2), groups=np.array([7, g]), times=np.array([1.0, 2.0])) for g in (8, 9))
    both = join({"train": one, "val": other})
    assert both.groups is not None and both.groups.tolist() == [7, 8, 7, 9]
    assert both.times is not None and both.times.tolist() == [1, 2, 1, 2]
    assert join({"train": one, "val": raw(2)}).groups is None


def test_columns_are_named_or_counted() -> None:
    assert raw(2).column("numeric", 0) == "column 0"
    assert in_memory({}, np.zeros(0), "here", columns={"numeric": ("age",)}).column("numeric", 0) == "column 'age'"

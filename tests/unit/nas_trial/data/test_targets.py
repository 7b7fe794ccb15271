from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_core.table_values import name_of
from nas_trial.data.raw import RawData, in_memory
from nas_trial.data.targets import class_names, classes, encode, numbers, strata
from nas_trial.errors import CandidateRejected, DatasetInvalid


def data(targets: list[Any] | NDArray[Any]) -> RawData:
    values = targets if isinstance(targets, np.ndarray) else np.array(targets, dtype=object)
    return in_memory({}, values, "here")


def task(**fields: Any) -> Task:
    return Task.model_validate({"dataset": {"path": "/d"}, **fields})


def test_labels_of_any_kind_count_the_classes() -> None:
    given = data(["b", "a", "b", "c"])
    assert class_names(given, task()) == ("a", "b", "c")
    assert classes(given, ("a", "b", "c")).tolist() == [1, 0, 1, 2]
    assert class_names(data(np.array([10, 9, 10])), task()) == ("9", "10"), "numbers are ordered as numbers"
    assert classes(data(np.array([1.0, 0.0])), ("0", "1")).tolist() == [1, 0], "whatever type they were read as"


def test_the_positive_class_is_the_last() -> None:
    given = data(["Charged Off", "Fully Paid"])
    names = class_names(given, task(positiveClass="Charged Off"))
    assert names == ("Fully Paid", "Charged Off")
    assert classes(given, names).tolist() == [1, 0]
    with pytest.raises(CandidateRejected, match=r"'paid' must be one of two classes; here has Charged Off, Fully Paid"):
        class_names(given, task(positiveClass="paid"))
    with pytest.raises(CandidateRejected, match="must be one of two classes"):
        class_names(data(["a", "b", "c"]), task(positiveClass="a"))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "there are no examples"),
        (["a", "a"], "every example is of class 'a'; give at least two classes$"),
        (["a", None, "b", None], "row 1 has no target; 2 rows have none; fill or remove them"),
        ([1.0, 2.0, float("nan")], "row 2 has no target"),
    ],
)
def test_labels_that_cannot_be_learned(targets: list[Any], message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"here: {message}"):
        class_names(data(targets), task())


def test_a_label_that_training_does_not_know_is_named() -> None:
    with pytest.raises(DatasetInvalid, match="here: row 1 is of class 'c', which no training example has"):
        classes(data(["a", "c"]), ("a", "b"))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([1.0, "high", "low"], "the target of row 1 is 'high', which is no number; 2 rows have such a target"),
        ([1.0, float("inf")], "the target of row 1 is 'inf'"),
        (
            [1.0, -3.4e38],
            r"the target of row 1 is '-3.4e\+38', which is beyond 1e30; 1 rows have such a target; remove",
        ),
        ([1.0, "1e31"], "the target of row 1 is '1e31', which is beyond 1e30"),
        ([3.0, 3.0], "every target is 3"),
    ],
)
def test_targets_that_are_no_numbers(targets: list[Any], message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"here: {message}"):
        numbers(data(targets))
    assert numbers(data(["1.5", 2])).tolist() == [1.5, 2]


def test_a_regression_is_split_over_the_range_of_its_targets() -> None:
    found = strata(np.random.default_rng(0).lognormal(size=200).astype(np.float32))
    assert np.bincount(found).tolist() == [20] * 10
    assert strata(np.array([5.0, 1.0], np.float32)).tolist() == [0, 0]
    assert strata(np.array([3, 1, 3])).tolist() == [3, 1, 3]


def test_labels_as_text_are_ordered_as_numbers_if_all_are() -> None:
    places = np.array([0, 1, 2], np.int32)
    assert class_names(in_memory({}, places, "here", labels=("10", "9", "-1")), task()) == ("-1", "9", "10")
    assert class_names(in_memory({}, places, "here", labels=("10", "9", "x")), task()) == ("10", "9", "x")


def test_classes_are_those_of_the_training_rows() -> None:
    given = np.array(["train", "train", "val"])
    for targets, labels in ((["a", "b", "?"], None), (np.array([0, 1, 2], np.int32), ("a", "b", "?"))):
        made = in_memory({}, np.array(targets), "here", labels=labels, given=given)
        assert class_names(made, task()) == ("a", "b")
        with pytest.raises(DatasetInvalid, match=r"here: row 2 is of class '\?', which no training example has"):
            encode(made, ("a", "b"))


def test_numbers_keep_64_bits_and_may_be_several() -> None:
    times = data(np.arange(1_700_000_000, 1_700_000_700, 7))
    assert len(np.unique(encode(times, ()))) == 100 and encode(times, ()).dtype == np.float64
    assert encode(data(np.array([[1, 2], [3, 2]])), ()).tolist() == [[1, 2], [3, 2]]
    with pytest.raises(DatasetInvalid, match="here: row 1 has no target '0'; 1 rows have none"):
        encode(data(np.array([[1, 2], [np.nan, 4]])), ())
    with pytest.raises(DatasetInvalid, match="the target '1' of row 0 is 'inf', which is no number; 1 rows"):
        encode(data(np.array([[1, np.inf], [3, 4]])), ())


def test_several_labels_are_named_by_their_columns() -> None:
    rows = np.array([[1, 0], [1, 1]])
    named = in_memory({}, rows, "here", columns={"target": ("cat", "dog")})
    assert class_names(named, task(multiLabel=True)) == ("cat", "dog")
    assert class_names(data(rows), task(multiLabel=True)) == ("0", "1"), "of arrays by their numbers"
    encoded = encode(named, ("cat", "dog"), several=True)
    assert encoded.dtype == np.float32 and encoded.tolist() == [[1, 0], [1, 1]]
    assert strata(encoded).tolist() == [1, 2]
    with pytest.raises(DatasetInvalid, match=r"targets are of shape \(2, 2\); task.multiLabel needs \(N, 3\)"):
        encode(named, ("a", "b", "c"), several=True)


def test_names_of_whole_numbers_have_no_fraction() -> None:
    for value in (3, 3.0, np.float32(3), Decimal("3.00"), "3", "3.0", "3.00"):
        assert name_of(value) == "3"
    assert [name_of(value) for value in (True, "007", "1.5", "v1.0", "1.0e3")] == [
        "True",
        "007",
        "1.5",
        "v1.0",
        "1.0e3",
    ]

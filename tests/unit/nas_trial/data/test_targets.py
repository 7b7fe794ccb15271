from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data.raw import RawData, in_memory
from nas_trial.data.targets import class_names, classes, numbers, strata
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
        (["a", "a"], "every example is of class 'a'; give at least two classes"),
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
        ([1.0, float("inf")], "the target of row 1 is inf"),
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

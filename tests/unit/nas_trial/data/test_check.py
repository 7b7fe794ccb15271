from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_trial.data.check import check_classes, check_values, find_oddities, repeated
from nas_trial.data.raw import in_memory, table
from nas_trial.errors import DatasetInvalid


@pytest.mark.parametrize(("kind", "shape"), [("image", (4, 1, 2, 2)), ("audio", (4, 2)), ("series", (4, 1, 2))])
def test_values_that_are_no_numbers_are_named(kind: str, shape: tuple[int, ...]) -> None:
    x = np.zeros(shape, np.float32)
    x[2] = np.nan
    x.reshape(4, -1)[3, 1] = np.inf
    with pytest.raises(
        DatasetInvalid, match=f"here: {kind} of row 2 has values that are NaN or infinite; 2 rows have such values"
    ):
        check_values(in_memory({kind: x}, np.zeros(4), "here"))


def test_infinite_numbers_of_a_table_are_named_with_row_and_column() -> None:
    x = np.array([[1, np.nan], [2, np.inf], [-np.inf, np.inf]])
    with pytest.raises(DatasetInvalid, match="here: column 1, row 1 is infinite; 2 rows have such values"):
        check_values(in_memory(table(x), np.zeros(3), "here"))
    check_values(in_memory(table(x[:1]), np.zeros(1), "here"))  # a missing value is none


def test_a_series_may_have_gaps() -> None:
    check_values(in_memory({"series": np.array([[[1, np.nan]], [[np.nan, 2]]], np.float32)}, np.zeros(2), "here"))
    check_values(in_memory({"image": np.zeros((2, 1, 2, 2), np.uint8)}, np.zeros(2), "here"))


def test_rare_classes_are_named() -> None:
    data, y = in_memory({}, np.zeros(4), "here"), np.array([0, 0, 0, 1])
    with pytest.raises(DatasetInvalid, match="here: class 'b' has one example; give at least two"):
        check_classes(data, y, ("a", "b"), np.arange(4))
    with pytest.raises(DatasetInvalid, match="here: class 'b' has no training example"):
        check_classes(data, y, ("a", "b"), np.arange(3))
    check_classes(data, np.array([0, 0, 1, 1]), ("a", "b"), np.arange(4))


def test_columns_that_tell_nothing_are_named() -> None:
    inputs: dict[str, NDArray[Any]] = table(np.array([[1, 5, np.nan], [2, 5, np.nan], [3, 9, 1]]))
    inputs["categorical"] = np.array([["x", "u"], ["x", "v"], ["y", "u"]], object)
    inputs["text"] = np.array(["hello", " ", ""], object)
    data = in_memory(inputs, np.zeros(3), "here", columns={"numeric": ("a", "b", "c"), "categorical": ("d", "e")})
    assert find_oddities(data, np.array([0, 1])) == [
        "here: column 'b' has a single value and no effect",
        "here: column 'c' has a single value and no effect",
        "here: column 'd' has a single value and no effect",
        "here: row 1 has an empty text; 1 training rows do",
    ]


def test_repeated_rows_are_counted() -> None:
    data = in_memory({}, np.zeros(5), "here")
    same, y = np.array([7, 3, 7, 3, 1]), np.array([0, 1, 0, 0, 1])
    [told] = repeated(data, y, same)
    assert "here: 2 of 5 rows repeat another (row 2 that of row 0), 1 of them with another target" in told
    assert repeated(data, y, np.arange(5)) == []

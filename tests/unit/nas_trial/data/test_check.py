from __future__ import annotations

import numpy as np
import pytest

from nas_model.preprocessing.piece import Piece
from nas_trial.data.check import ValueCheck, check_classes, check_different, dark, empty_texts, repeated, single_valued
from nas_trial.data.raw import in_memory, table
from nas_trial.errors import DatasetInvalid


def check(*pieces: Piece) -> None:
    whole = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    data = in_memory(whole, np.zeros(4), "here", columns={"numeric": ("{a}", "b"), "categorical": ()})
    looking, row = ValueCheck(data), 0
    for piece in pieces:
        looking.add(piece, row)
        row += len(next(iter(piece.values())))
    looking.finish()


@pytest.mark.parametrize(("kind", "shape"), [("image", (4, 1, 2, 2)), ("audio", (4, 2)), ("series", (4, 1, 2))])
def test_values_that_are_no_numbers_are_named(kind: str, shape: tuple[int, ...]) -> None:
    x = np.zeros(shape, np.float32)
    x[2] = np.nan
    x.reshape(4, -1)[3, 1] = np.inf
    with pytest.raises(DatasetInvalid, match=f"here: {kind} of row 2 has values that .*; 2 rows have such values"):
        check({kind: x[:1]}, {kind: x[1:]})


def test_infinite_numbers_of_a_table_are_named_with_row_and_column() -> None:
    x = np.array([[1, np.nan], [2, np.inf], [-np.inf, np.inf]])
    with pytest.raises(DatasetInvalid, match="here: column 'b', row 1 is infinite; 2 rows have such values"):
        check(table(x[:2]), table(x[2:]))
    check(table(x[:1]))  # a missing value is none


@pytest.mark.parametrize("value", [-3.4e38, 1.7e308, -1.1e30])
def test_numbers_that_stand_for_no_value_are_named(value: float) -> None:
    x = np.array([[1.0, 2], [3, 4], [value, 5]])
    told = (
        rf"column '\{{a\}}', row 2 is {value:g}, beyond 1e30; 1 rows .* leave the field empty where there is no value"
    )
    with pytest.raises(DatasetInvalid, match=told.replace("+", r"\+")):
        check(table(x))
    check(table(np.array([[1e30, -1e30]])))


def test_a_series_may_have_gaps() -> None:
    check({"series": np.array([[[1, np.nan]], [[np.nan, 2]]], np.float32)})
    check({"image": np.zeros((2, 1, 2, 2), np.uint8)})


def test_rare_classes_are_named() -> None:
    data, y = in_memory({}, np.zeros(4), "here"), np.array([0, 0, 0, 1])
    with pytest.raises(DatasetInvalid, match="here: class 'b' has one example; give at least two"):
        check_classes(data, y, ("a", "b"), np.arange(4))
    with pytest.raises(DatasetInvalid, match="here: class 'b' has no training example"):
        check_classes(data, y, ("a", "b"), np.arange(3))
    check_classes(data, np.array([0, 0, 1, 1]), ("a", "b"), np.arange(4))


def test_columns_and_texts_that_tell_nothing_are_named() -> None:
    data = in_memory({}, np.zeros(3), "here", columns={"numeric": ("a", "b", "c")})
    assert single_valued(data, "numeric", [False, True, True]) == [
        "here: column 'b' has a single value and no effect",
        "here: column 'c' has a single value and no effect",
    ]
    assert empty_texts(data, [1, 4]) == ["here: row 1 has an empty text; 2 training rows do"]
    assert empty_texts(data, []) == []


def test_repeated_rows_are_counted() -> None:
    data = in_memory({}, np.zeros(5), "here")
    same, y = np.array([7, 3, 7, 3, 1]), np.array([0, 1, 0, 0, 1])
    [told] = repeated(data, y, same)
    assert "here: 2 of 5 rows repeat another (row 2 that of row 0), 1 of them with another target" in told
    assert repeated(data, y, np.arange(5)) == []
    assert "2 of them with another" in repeated(data, np.eye(5), same)[0]


def test_images_that_have_become_equal_are_reported_with_what_was_made_of_them() -> None:
    data = in_memory({}, np.zeros(20), "here", form="8x8 pixels of 8 bits in grey")
    some = np.minimum(np.arange(20), 1)
    [warning] = repeated(data, np.zeros(20), some)
    assert "row 2 that of row 1), once images are brought to 8x8 pixels of 8 bits in grey" in warning
    assert "brought" not in repeated(data, np.zeros(20), np.minimum(np.arange(20), 10))[0]
    check_different(data, some)
    with pytest.raises(DatasetInvalid, match="here: all 20 examples are equal, once images are brought to 8x8 pixels"):
        check_different(data, np.zeros(20, np.int64))


def test_images_that_are_nearly_black_are_told() -> None:
    data = in_memory({}, np.zeros(2), "here", form="4x4 pixels")
    assert "no image has a value above 15 of 255" in dark(data, 15)[0]
    assert not dark(data, 64)
    assert not dark(in_memory({}, np.zeros(2), "here"), 1), "arrays may count from 0 to 1"

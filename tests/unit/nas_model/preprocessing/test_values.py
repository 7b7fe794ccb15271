from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from nas_core.table_values import NO_VALUE
from nas_model.preprocessing.values import Values

NAN = float("nan")


def same(found: np.ndarray, right: Sequence[float]) -> bool:
    return np.array_equal(found, np.array(right), equal_nan=True)


def test_texts_are_numbers_however_they_are_written() -> None:
    values = Values(pa.array(["1", " +2.5 ", "-.5e1", "x", None, "inf", "1_000", "0x10"]))
    numbers = values.numbers()
    assert same(numbers.values, [1, 2.5, -5, NAN, NAN, np.inf, NAN, NAN])
    assert numbers.other.tolist() == [False, False, False, True, False, False, True, True]
    assert not numbers.words.any()


@pytest.mark.parametrize("word", [*NO_VALUE, "NaN", "NULL", "N/A", "  "])
def test_words_for_no_value(word: str) -> None:
    numbers = Values(pa.array(["1", word])).numbers()
    assert same(numbers.values, [1, NAN]) and not numbers.other.any()
    assert numbers.words.tolist() == [False, True]


@pytest.mark.parametrize(
    ("array", "right"),
    [
        (pa.array([Decimal("1.50"), None]), [1.5, NAN]),
        (pa.array([1, 2**62]), [1, 2.0**62]),
        (pa.array([1.5, NAN, None]), [1.5, NAN, NAN]),
        (pa.array([1.5], pa.float16()), [1.5]),
        (pa.array([str(10**25)]), [1e25]),
    ],
)
def test_numbers_of_every_type(array: pa.Array, right: list[float]) -> None:
    values = Values(array)
    assert same(values.numbers().values, right)
    assert not values.numbers().other.any()
    assert values.present.tolist() == [value == value for value in right]


def test_of_a_column_that_is_named_dates_and_truth_are_numbers() -> None:
    for array, right in (
        (pa.array([date(1970, 1, 2), None]), [86400, NAN]),
        (pa.array([datetime(1970, 1, 1, 1, tzinfo=UTC)]), [3600]),
        (pa.array(["1970-01-02", "1970-01-01T01:00:00.5", "1970-01-01 02:00+02:00"]), [86400, 3600.5, 0]),
        (pa.array(["2024-02-30", "TRUE", "no"]), [NAN, 1, NAN]),
        (pa.array([True, None]), [1, NAN]),
    ):
        assert same(Values(array).numbers(named=True).values, right)
        assert np.isnan(Values(array).numbers().values).all()
    assert Values(pa.array(["2024-02-30", "no", "1"])).numbers(named=True).other.tolist() == [True, True, False]


def test_dates_and_booleans_are_found() -> None:
    texts = Values(pa.array(["2024-01-02", "2024-01-02T03:04:05Z", "true", None, "2024", "x"]))
    assert texts.dates().tolist() == [True, True, False, False, False, False]
    assert texts.booleans().tolist() == [False, False, True, False, False, False]
    assert Values(pa.array([True, None])).booleans().tolist() == [True, False]
    assert Values(pa.array([date(2024, 1, 2), None])).dates().tolist() == [True, False]


def test_names_are_the_same_whatever_the_type() -> None:
    for array in (pa.array([3, None, 10]), pa.array([3.0, NAN, 10.0]), pa.array(["3", None, "10.0"])):
        places, names = Values(array).names()
        assert ([names[place] for place in places if place >= 0], places[1]) == (["3", "10"], -1)
    assert Values(pa.array(["NA", "None", ""])).names()[1] == ["NA", "None", ""]


def test_lists_and_bytes_are_not_usable() -> None:
    for array in (pa.array([[1]]), pa.array([{"a": 1}]), pa.array([b"x"])):
        assert not Values(array).usable

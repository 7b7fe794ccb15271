from __future__ import annotations

from decimal import Decimal

import pytest

from nas_core.table_values import classes_alike, like_number, name_of, plain_number_wanted, shown


@pytest.mark.parametrize(
    ("value", "name"), [(3, "3"), (3.0, "3"), ("3.00", "3"), (Decimal("2.50"), "2.50"), ("a", "a")]
)
def test_whole_numbers_have_one_name_whatever_their_type(value: object, name: str) -> None:
    assert name_of(value) == name


def test_true_and_false_are_one_name_each_only_in_columns_of_them() -> None:
    assert shown(" TRUE", booleans=True) == "True"
    assert shown(" TRUE", booleans=False) == " TRUE"


@pytest.mark.parametrize(
    "text",
    ["50.2%", "50 %", "$1,000.50", "-$3", "1.234,5", "1,5", "12 345", "1'000'000", "7\u20ac", "12 kg", " 1,169 "],
)
def test_numbers_as_people_write_them_are_told_from_words(text: str) -> None:
    assert like_number(text)
    assert plain_number_wanted(text) == f"; if {text!r} is a number, write it as a plain one"


@pytest.mark.parametrize(
    "text", ["", "1", "-2.5e3", "inf", "1.2.3.4", "2024-01-02", "01/02/2024", "10:30", "3D", "x", "%"]
)
def test_plain_numbers_and_words_are_not(text: str) -> None:
    assert not like_number(text)
    assert plain_number_wanted(text) == ""


def test_classes_that_were_written_in_two_ways() -> None:
    differ = "differ only in capitals or spaces, and count as two"
    assert classes_alike(["cat", "dog", "Cat ", " dog", "c at"]) == [
        f"classes 'cat' and 'Cat ' {differ}",
        f"classes 'dog' and ' dog' {differ}",
    ]
    assert classes_alike(["a", "b"]) == []

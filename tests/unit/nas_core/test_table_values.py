from __future__ import annotations

from decimal import Decimal

import pytest

from nas_core.table_values import name_of, shown


@pytest.mark.parametrize(
    ("value", "name"), [(3, "3"), (3.0, "3"), ("3.00", "3"), (Decimal("2.50"), "2.50"), ("a", "a")]
)
def test_whole_numbers_have_one_name_whatever_their_type(value: object, name: str) -> None:
    assert name_of(value) == name


def test_true_and_false_are_one_name_each_only_in_columns_of_them() -> None:
    assert shown(" TRUE", booleans=True) == "True"
    assert shown(" TRUE", booleans=False) == " TRUE"

from __future__ import annotations

import pytest

from nas_trial.card.markdown import number, plain, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat", "cat"),
        ("a|b", r"a\|b"),
        ("<script>", r"\<script\>"),
        ("![x](http://y)", r"\!\[x\](http://y)"),
        ("two\nlines", "two lines"),
        ("x" * 90, "x" * 79 + "…"),
    ],
)
def test_names_from_data_mean_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3.0, "3"), (0.123456, "0.1235"), (1234567.0, "1,234,567"), (21345.67, "21,346"), (float("nan"), "nan")],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert number(value) == shown


def test_tables_have_a_line_a_row() -> None:
    assert table(["a", "b"], [["x", "1"]]) == ["| a | b |", "| --- | ---: |", "| x | 1 |"]

from __future__ import annotations

import pytest
from rich.console import Console

from nas_client.cli.fitted_table import Column, FittedTable, Kind

COLUMNS = [
    Column("trial", Kind.NAME),
    Column("accuracy", Kind.METRIC),
    Column("latency", Kind.METRIC),
    Column("architecture", Kind.LONG),
    Column("for", Kind.FACT),
]
LONG = "abcdefghij" * 4
ROWS = [("first-trial", "0.5", "12", LONG, "3m05s"), ("b", "0.25", "7", "short [/]", "4s")]


def draw(width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(FittedTable(COLUMNS, ROWS))
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert max(map(len, lines)) <= width
    return lines


def test_with_room_a_row_is_a_line() -> None:
    heading, *rows = draw(100)
    assert heading.split() == ["trial", "accuracy", "latency", "architecture", "for"]
    assert [row.split() for row in rows] == [list(ROWS[0]), ["b", "0.25", "7", "short", "[/]", "4s"]]


def test_with_less_the_long_column_is_folded() -> None:
    _, first, *more = draw(70)
    pieces = [piece for line in (first, *more[:-1]) for piece in line.split() if piece in LONG]
    assert "".join(pieces) == LONG and len(pieces) == 2


# 13 + 10 + 9 + 7 characters of the others, and 18 for the long column.
@pytest.mark.parametrize(("width", "below"), [(57, False), (56, True)])
def test_where_it_would_be_narrower_than_a_word_it_stands_below_its_row(width: int, below: bool) -> None:
    lines = draw(width)
    assert (f"  {LONG}" in lines) is below
    assert ("architecture" in lines[0]) is not below
    if below:
        assert [line.split()[0] for line in lines] == ["trial", "first-trial", LONG, "b", "short"]


def test_the_last_metrics_are_left_out_and_named() -> None:
    lines = draw(38)
    assert lines[0].split() == ["trial", "accuracy", "for"] and lines[-1] == "no room for latency"


def test_the_first_metric_stays_and_what_is_too_wide_ends_in_an_ellipsis() -> None:
    lines = draw(20)
    assert len(lines[0].split()) == 3 and any("…" in line for line in lines)
    assert "".join(line.strip() for line in lines[2:5]).startswith(LONG[:36])

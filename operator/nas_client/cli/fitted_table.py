"""A table that stays readable on a narrow terminal: what has no room is moved or left out, not broken into letters.

In this order: a long column goes below each row; the last metrics are left out, and named below the table; what is
still too wide ends in an ellipsis. Used by `nas_client.cli.screen`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from nas_client.cli.rows import GAP, LEAST, plain_table

INDENT = 2
"""Characters before what stands below a row."""


class Kind(Enum):
    """What a column holds, and so what becomes of it where there is no room."""

    NAME = "name"
    """Of the row; it stays."""
    FACT = "fact"
    """A short value that stays."""
    METRIC = "metric"
    """The last go first; the first one of a table, its first objective, stays."""
    LONG = "long"
    """Folded, but with at least `LEAST` characters a line; else below its row, over the whole width."""


@dataclass(frozen=True)
class Column:
    """A column's heading and kind."""

    heading: str
    kind: Kind


@dataclass(frozen=True)
class FittedTable:
    """Rows of as many cells as there are columns; at most one column is long."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Draw it in the width that there is."""
        shown, long = list(range(len(self.columns))), self._places(Kind.LONG)
        left_out: list[str] = []
        below = bool(long) and self._least_width(shown) > options.max_width
        if below:
            shown.remove(long[0])
        for place in reversed(self._places(Kind.METRIC)[1:]):
            if self._least_width(shown) > options.max_width:
                shown.remove(place)
                left_out.insert(0, self.columns[place].heading)
        if below:
            yield _Interleaved(self._table(shown), [row[long[0]] for row in self.rows])
        else:
            yield self._table(shown)
        if left_out:
            yield Text(f"no room for {', '.join(left_out)}", style="dim")

    def _places(self, kind: Kind) -> list[int]:
        return [place for place, column in enumerate(self.columns) if column.kind is kind]

    def _least_width(self, places: Sequence[int]) -> int:
        """Return the characters that some columns need at least."""
        widths = [
            min(LEAST, self._width(place)) if self.columns[place].kind is Kind.LONG else self._width(place)
            for place in places
        ]
        return sum(width + GAP for width in widths)

    def _width(self, place: int) -> int:
        return max(len(self.columns[place].heading), *(len(row[place]) for row in self.rows))

    def _table(self, places: Sequence[int]) -> Table:
        table = plain_table()
        for place in places:
            column = self.columns[place]
            left, long = column.kind in (Kind.NAME, Kind.LONG), column.kind is Kind.LONG
            table.add_column(
                column.heading,
                justify="left" if left else "right",
                no_wrap=not long,
                overflow="fold" if long else "ellipsis",
            )
        for row in self.rows:
            table.add_row(*(Text(row[place]) for place in places))
        return table


@dataclass(frozen=True)
class _Interleaved:
    """A table whose rows have one line each, with a text below each row."""

    table: Table
    texts: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        heading, *lines = console.render_lines(self.table, options, pad=False)
        yield Segments([*heading, Segment.line()])
        for line, text in zip(lines, self.texts, strict=True):
            yield Segments([*line, Segment.line()])
            yield Padding(Text(text, overflow="fold"), (0, 0, 0, INDENT))

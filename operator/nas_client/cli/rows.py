"""Writes a list of things as a table for people, or as JSON, YAML or CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence

import yaml
from rich.console import Console
from rich.table import Table

from nas_client.cli.options import Rows
from nas_client.trial_table import Row, Value
from nas_core.numbers_as_text import number

UNBROKEN = 100_000
"""Characters of a line that is not broken."""
SHORT, GAP = 40, 2
"""Characters of a column that is never broken, so that names and numbers stay in one piece, and between two columns."""
LEAST = 16
"""Characters that a longer column has at least, as an architecture."""


def write_rows(rows: Sequence[Row], form: Rows, empty: str) -> None:
    """Write rows to standard output; ``empty`` is what people read when there is none."""
    match form:
        case Rows.JSON:
            print(json.dumps([dict(row) for row in rows], indent=2))  # noqa: T201
        case Rows.YAML:
            yaml.safe_dump([dict(row) for row in rows], sys.stdout, sort_keys=False, allow_unicode=True)
        case Rows.CSV:
            # Of no rows not even the columns are known.
            writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
            if rows:
                writer.writeheader()
            writer.writerows(rows)
        case Rows.TABLE:
            console = Console()
            if not rows:
                console.print(empty, highlight=False, soft_wrap=True)
            elif console.is_terminal and _least_width(rows) <= console.width:
                console.print(_table(rows), highlight=False)
            else:
                # No line is broken: the next program counts lines, and the terminal breaks them where it has to.
                Console(width=UNBROKEN).print(_table(rows), highlight=False, soft_wrap=True)


def plain_table() -> Table:
    """Return an empty table as all of `nasctl` look: without lines, the names of the columns dim."""
    return Table(box=None, padding=(0, GAP, 0, 0), header_style="dim")


def _table(rows: Sequence[Row]) -> Table:
    table = plain_table()
    for column in rows[0]:
        numeric = all(isinstance(row[column], (int, float, type(None))) for row in rows)
        short = _width(rows, column) <= SHORT
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=short)
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _least_width(rows: Sequence[Row]) -> int:
    widths = [_width(rows, column) for column in rows[0]]
    return sum((width if width <= SHORT else LEAST) + GAP for width in widths)


def _width(rows: Sequence[Row], column: str) -> int:
    return max(len(column), *(len(_cell(row[column])) for row in rows))


def _cell(value: Value) -> str:
    return value if isinstance(value, str) else number(value)

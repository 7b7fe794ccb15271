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
            console.print(_table(rows) if rows else empty, highlight=False, soft_wrap=not console.is_terminal)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in rows[0]:
        numeric = all(isinstance(row[column], (int, float, type(None))) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _cell(value: Value) -> str:
    return value if isinstance(value, str) else number(value)

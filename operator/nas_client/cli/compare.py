"""``nasctl compare A B``: two searches of a namespace side by side; exit code 0."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, Rows, RowsOutput, read_state
from nas_client.cli.rows import write_rows
from nas_client.comparison import Comparison, compare
from nas_client.trial_table import Row, Value

INTERRUPTED = "stopped"


def command(
    first: Annotated[
        str, typer.Argument(metavar="A", help="Name of a NASSearch, or the folder of a run.", show_default=False)
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="Name or folder of another one.", show_default=False)],
    output: RowsOutput = Rows.TABLE,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw both into a file: .svg, .png or .html; needs the extra report.", show_default=False),
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Read both and write what tells them apart.

    Raises:
        ClientError: if one cannot be read, or the plot cannot be written.
    """
    states = [read_state(search, kubeconfig, context, namespace) for search in (first, second)]
    found, names = compare(*states), columns(first, second)
    write_rows(list(rows_of(found, *names)), output, "nothing differs")
    if plot:
        # Only here: strategies and their libraries say which results are best.
        from nas_client.reporting import write_comparison

        write_comparison(dict(zip(names, states, strict=True)), plot)
        print(f"wrote {plot}", file=sys.stderr)  # noqa: T201
    return 0


def columns(first: str, second: str) -> tuple[str, str]:
    """Return how both are called: of a comparison with itself, too, the names differ."""
    return (first, second) if first != second else (first, f"{second} ")


def rows_of(found: Comparison, first: str, second: str) -> Iterator[Row]:
    """Yield a row for each setting that differs, each fact, and what both have in common."""
    for name, pair in found.pairs.items():
        yield {"": name, **dict(zip((first, second), map(_shown, pair), strict=True))}


def _shown(value: Any) -> Value:
    return value if isinstance(value, (str, int, float, type(None))) else json.dumps(value)

"""``nasctl compare A B``: two searches of a namespace side by side; exit code 0."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Read both and write what tells them apart."""
    states = [read_state(search, kubeconfig, context, namespace) for search in (first, second)]
    found = compare(*states)
    write_rows(list(rows_of(found, first, second)), output, "nothing differs")
    return 0


def rows_of(found: Comparison, first: str, second: str) -> Iterator[Row]:
    """Yield a row for each setting that differs, each fact, and what both have in common."""
    # Of two searches of one name (a comparison with itself) the columns still have to differ.
    names = (first, second) if first != second else (first, f"{second} ")
    for name, pair in found.pairs.items():
        yield {"": name, **dict(zip(names, map(_shown, pair), strict=True))}


def _shown(value: Any) -> Value:
    return value if isinstance(value, (str, int, float, type(None))) else json.dumps(value)

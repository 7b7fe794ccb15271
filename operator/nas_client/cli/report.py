"""``nasctl report SEARCH``, which needs the extra ``report``: all of a search in one HTML file; exit code 0."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, SearchOrFolder, read_state
from nas_client.reporting import write_report

INTERRUPTED = "stopped; there is no report"


def command(
    search: SearchOrFolder,
    file: Annotated[
        Path | None,
        typer.Option("-f", "--file", help="File to write; default: SEARCH-report.html.", show_default=False),
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Write it, and say where it is.

    Raises:
        ClientError: if the search cannot be read, or the file cannot be written.
    """
    state = read_state(search, kubeconfig, context, namespace)
    path = file or Path(f"{state.search.meta.name}-report.html")
    write_report(state, path)
    print(f"wrote {path}", file=sys.stderr)  # noqa: T201
    return 0

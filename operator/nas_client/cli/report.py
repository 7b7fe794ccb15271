"""``nasctl report SEARCH``, which needs the extra ``report``: all of a search in one HTML file; exit code 0."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, SearchOrFolder, read_state
from nas_client.errors import ExtraMissing, InvalidInput
from nas_report import report_page
from nas_report.javascript import JavaScriptMissing, vega

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
    try:
        page = report_page(state.search, state.spec, state.trials, vega(), datetime.now(UTC))
    except JavaScriptMissing as error:
        raise ExtraMissing(str(error)) from error
    path = file or Path(f"{state.search.meta.name}-report.html")
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror or error}; name another one by --file"
        ) from error
    print(f"wrote {path}", file=sys.stderr)  # noqa: T201
    return 0

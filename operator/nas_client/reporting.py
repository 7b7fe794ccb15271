"""Writing the report of a search into a file: for the command line and for Python."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nas_client.errors import ExtraMissing, InvalidInput
from nas_client.search_state import SearchState
from nas_report import report_page
from nas_report.javascript import JavaScriptMissing, vega


def write_report(state: SearchState, path: Path) -> None:
    """Write it.

    Raises:
        ExtraMissing: if the plots' JavaScript cannot be had.
        InvalidInput: if the file cannot be written.
    """
    try:
        page = report_page(state.search, state.spec, state.trials, vega(), datetime.now(UTC))
    except JavaScriptMissing as error:
        raise ExtraMissing(str(error)) from error
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror or error}; name another file") from error

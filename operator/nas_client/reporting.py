"""Writing the report of a search, or a picture of several, into a file: for the command line and for Python."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from nas_client.errors import ExtraMissing, InvalidInput
from nas_client.search_state import SearchState
from nas_report import report_page
from nas_report.comparison import Compared, comparison_plot
from nas_report.javascript import PICTURES, JavaScriptMissing, picture, vega


def write_comparison(states: Mapping[str, SearchState], path: Path) -> None:
    """Draw searches side by side.

    Args:
        states: by the names that the picture shows.
        path: of the file; its ending says the form.

    Raises:
        ExtraMissing: if what draws is not installed.
        InvalidInput: if the file cannot be written, or its ending is none of these.
    """
    if path.suffix not in PICTURES:
        raise InvalidInput(f"--plot {path}: the file's name has to end in {', '.join(PICTURES)}")
    plot = comparison_plot([Compared(name, state.spec, state.trials) for name, state in states.items()])
    if not plot["vconcat"]:
        raise InvalidInput("there is nothing to draw: neither search has a result yet")
    try:
        _write(path, picture(plot, path.suffix))
    except JavaScriptMissing as error:
        raise ExtraMissing(str(error)) from error


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
    _write(path, page.encode())


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror or error}; name another file") from error

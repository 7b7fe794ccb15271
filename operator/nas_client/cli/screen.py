"""One search on a terminal: what `nasctl watch` redraws. Pure: a snapshot in, something that rich can print out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nas_client.search_state import Snapshot, Standing, duration, number
from nas_core.api.search import BestArchitecture
from nas_core.metric_names import on_test_split

ROWS = 10
"""Rows of a table before the rest is only counted."""

COLOURS = {
    Standing.NEW: "yellow",
    Standing.ACTIVE: "cyan",
    Standing.SUSPENDED: "yellow",
    Standing.REJECTED: "red",
    Standing.SUCCEEDED: "green",
    Standing.FAILED: "red",
}


def screen(snapshot: Snapshot, now: datetime, note: str = "") -> RenderableType:
    """Draw a search; ``note`` is a line of trouble to show below (the API server is away)."""
    parts: list[RenderableType] = [_headline(snapshot), _progress(snapshot, now), _counts(snapshot)]
    if snapshot.running:
        parts += [Text(), Text("running", style="bold"), _running(snapshot, now)]
    if snapshot.status.best:
        parts += [Text(), Text("best so far", style="bold"), best_table(snapshot)]
    if note:
        parts += [Text(), Text(note, style="yellow")]
    return Padding(Group(*parts), (1, 2))


def _headline(snapshot: Snapshot) -> Text:
    standing, (reason, message) = snapshot.standing, snapshot.reason
    return Text.assemble(
        (snapshot.search.meta.name, "bold"),
        "  ",
        (reason or standing.value, f"bold {COLOURS[standing]}"),
        "  ",
        (message, "dim"),
    )


def _progress(snapshot: Snapshot, now: datetime) -> Table:
    row = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=1.0, completed=snapshot.fraction, width=40, pulse=snapshot.standing is Standing.NEW)
    row.add_row(bar, f"{snapshot.ended}/{snapshot.planned} trials", duration(snapshot.seconds(now)))
    return row


def _counts(snapshot: Snapshot) -> Text:
    counts = snapshot.status.trials.model_dump(exclude={"total"})
    shown = [f"{state} {count}" for state, count in counts.items() if count]
    if snapshot.status.hypervolume:
        shown.append(f"hypervolume {number(float(snapshot.status.hypervolume))}")
    return Text(" · ".join(shown) or "no trial yet", style="dim")


def _running(snapshot: Snapshot, now: datetime) -> RenderableType:
    trials = snapshot.running
    shown = trials[:ROWS]
    metrics = snapshot.metric_names
    table = _table("trial", "epoch", *metrics, "for")
    for trial in shown:
        status = trial.status
        since = duration((now - status.start_time).total_seconds()) if status.start_time else "-"
        values = [number(status.metrics.get(name)) for name in metrics]
        table.add_row(trial.meta.name, snapshot.epoch(trial), *values, since)
    return _with_rest(table, len(trials))


def best_table(snapshot: Snapshot) -> RenderableType:
    """Draw the best architectures: one, or the Pareto front; below them those that have been trained again in full."""
    found = _architectures(snapshot.status.best, snapshot.metric_names)
    if not (again := snapshot.status.retrained):
        return found
    names = [on_test_split(name) if on_test_split(name) in again[0].metrics else name for name in snapshot.metric_names]
    return Group(found, Text("trained again in full", style="dim"), _architectures(again, names))


def _architectures(entries: Sequence[BestArchitecture], metrics: Sequence[str]) -> RenderableType:
    table = _table("trial", *metrics, "architecture")
    for entry in entries[:ROWS]:
        table.add_row(entry.trial, *(number(entry.metrics.get(name)) for name in metrics), entry.architecture)
    return _with_rest(table, len(entries))


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        text = column in ("trial", "architecture")
        # Only the architecture gives way on a narrow terminal: it is long, and readable in pieces.
        table.add_column(column, justify="left" if text else "right", overflow="fold", no_wrap=column != "architecture")
    return table


def _with_rest(table: Table, total: int) -> RenderableType:
    return Group(table, Text(f"… and {total - ROWS} more", style="dim")) if total > ROWS else table

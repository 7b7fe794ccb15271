"""One search on a terminal: what `nasctl watch` redraws. Pure: a search in, something that rich can print out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nas_client.cli.fitted_table import Column, FittedTable, Kind
from nas_client.search_state import CONTENDED_MARK, SearchState, Summary, duration
from nas_core.api.search_status import BestArchitecture, Importance, LearntUtility
from nas_core.metric_names import STD, TIMED, on_test_split
from nas_core.numbers_as_text import number

ROWS = 10
"""Rows of a table before the rest is only counted."""

WARNINGS = 3
"""Warnings of the data before the rest is only counted."""

COLOURS = {
    Summary.NEW: "yellow",
    Summary.ACTIVE: "cyan",
    Summary.SUSPENDED: "yellow",
    Summary.REJECTED: "red",
    Summary.SUCCEEDED: "green",
    Summary.FAILED: "red",
}


def screen(state: SearchState, now: datetime, note: str = "") -> RenderableType:
    """Draw a search; ``note`` is a line of trouble to show below (the API server is away)."""
    parts: list[RenderableType] = [_headline(state), _progress(state, now), _counts(state)]
    if data := state.status.dataset:
        parts.append(Text(f"data: {data.describe()}", style="dim"))
        parts += [Text(f"data: {warning}", style="yellow") for warning in data.warnings[:WARNINGS]]
        if len(data.warnings) > WARNINGS:
            parts.append(Text(f"… and {len(data.warnings) - WARNINGS} more warnings", style="dim"))
    if guidance := state.spec.guidance:
        asked = [*map(str, guidance.decisions), *(f"try {one}" for one in (*guidance.inject, *guidance.inject_from))]
        asked += [f"prefer {comparison}" for comparison in guidance.comparisons]
        asked += [f"mutate {index}" for index in guidance.parents]
        asked += [f"stop {name}" for name in guidance.stop]
        asked += [f"extend {name}" for name in guidance.extend]
        parts.append(Text(f"guidance: {'; '.join(asked)}", style="dim"))
    if state.running:
        parts += [Text(), Text("running", style="bold"), _running(state, now)]
    if state.any_best:
        parts += [Text(), Text("best so far", style="bold"), best_table(state)]
    if state.status.utility:
        parts += [Text(), _utility(state.status.utility)]
    if state.status.importance and state.status.importance.decisions:
        parts += [Text(), _importance(state.status.importance)]
    if note:
        parts += [Text(), Text(note, style="yellow")]
    return Padding(Group(*parts), (1, 2))


def _headline(state: SearchState) -> Text:
    summary, (reason, message) = state.summary, state.reason
    return Text.assemble(
        (state.search.meta.name, "bold"),
        "  ",
        (reason or summary.value, f"bold {COLOURS[summary]}"),
        "  ",
        (message, "dim"),
    )


def _progress(state: SearchState, now: datetime) -> Table:
    row = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=1.0, completed=state.fraction, width=40, pulse=state.summary is Summary.NEW)
    row.add_row(bar, f"{state.ended}/{state.planned} trials", duration(state.seconds(now)))
    return row


def _counts(state: SearchState) -> Text:
    counts = state.status.trials.model_dump(exclude={"total"})
    shown = [f"{state} {count}" for state, count in counts.items() if count]
    if state.status.hypervolume:
        shown.append(f"hypervolume {number(float(state.status.hypervolume))}")
    return Text(" · ".join(shown) or "no trial yet", style="dim")


def _running(state: SearchState, now: datetime) -> RenderableType:
    trials = state.running
    shown = trials[:ROWS]
    metrics = state.metric_names
    rows = []
    for trial in shown:
        status = trial.status
        since = duration((now - status.start_time).total_seconds()) if status.start_time else "-"
        values = [number(status.metrics.get(name)) for name in metrics]
        rows.append((trial.meta.name, state.at(trial), *values, since))
    columns = [Column("trial", Kind.NAME), Column("epoch", Kind.FACT), *_metrics(metrics), Column("for", Kind.FACT)]
    return _with_rest(FittedTable(columns, rows), len(trials))


def best_table(state: SearchState) -> RenderableType:
    """Draw the best architectures: one, or the Pareto front; below them those that have been trained again in full.

    Of a search with targets the same for each of them.
    """
    parts: list[RenderableType] = []
    shown: set[str] = set()
    for target, best, again in state.found:
        parts += [Text(f"for {target}", style="bold")] if target else []
        parts.append(_architectures(state, best, state.metric_names) if best else Text("none keeps its limits yet"))
        if again:
            names = [
                on_test_split(name) if on_test_split(name) in again[0].metrics else name for name in state.metric_names
            ]
            parts += [Text("trained again in full", style="dim"), _architectures(state, again, names)]
        shown |= {entry.trial for entry in (*best[:ROWS], *again[:ROWS])}
    if state.status.dataset and (simple := state.status.dataset.baseline):
        names = [name for name in state.metric_names if any(name in each.metrics for each in simple)]
        names += [on_test_split(name) for name in names if any(on_test_split(name) in each.metrics for each in simple)]
        rows = [(each.name, *(number(each.metrics.get(name)) for name in names)) for each in simple]
        table = FittedTable([Column("simple model", Kind.NAME), *_metrics(names)], rows)
        parts += [Text("fitted to the same data", style="dim"), table]
    # Explained only where the mark can be seen.
    if shown & state.contended and set(state.metric_names) & set(TIMED):
        parts.append(Text(f"{CONTENDED_MARK} measured while others used the device", style="dim"))
    return Group(*parts)


def _architectures(state: SearchState, entries: Sequence[BestArchitecture], metrics: Sequence[str]) -> RenderableType:
    rows = []
    for entry in entries[:ROWS]:
        values = (
            state.metric(entry.trial, name, entry.metrics)
            + (f" ± {number(entry.metrics[std])}" if (std := f"{name}{STD}") in entry.metrics else "")
            for name in metrics
        )
        rows.append((entry.trial, *values, entry.architecture))
    columns = [Column("trial", Kind.NAME), *_metrics(metrics), Column("architecture", Kind.LONG)]
    return _with_rest(FittedTable(columns, rows), len(entries))


def _utility(found: LearntUtility) -> RenderableType:
    heading = f"how much an objective counts (comparisons: {found.comparisons}, not followed: {found.not_followed})"
    return Group(
        Text(heading, style="bold"),
        _shares("objective", "weight", [(of.metric, of.weight, of.low, of.high) for of in found.weights]),
    )


def _importance(found: Importance) -> RenderableType:
    heading = f"share of the variance of {found.metric} that a decision alone explains, from {found.results} results"
    return Group(
        Text(heading, style="bold"),
        _shares("decision", "share", [(of.decision, of.share, of.low, of.high) for of in found.decisions]),
    )


def _shares(name: str, share: str, found: Sequence[tuple[str, str, str, str]]) -> RenderableType:
    """Draw names, their shares and where the intervals of these begin and end."""
    rows = [(of, _percent(value), f"{_percent(low)} to {_percent(high)}") for of, value, low, high in found]
    return FittedTable([Column(name, Kind.NAME), Column(share, Kind.FACT), Column("95 % interval", Kind.FACT)], rows)


def _percent(share: str) -> str:
    return f"{float(share):.0%}"


def _metrics(names: Sequence[str]) -> list[Column]:
    return [Column(name, Kind.METRIC) for name in names]


def _with_rest(table: FittedTable, total: int) -> RenderableType:
    return Group(table, Text(f"… and {total - ROWS} more", style="dim")) if total > ROWS else table

"""The candidates of a search as rows: what `nasctl trials` lists, and what a DataFrame has. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from nas_client.search_state import SearchState, trial_state
from nas_core.records.trial import TrialView

Value = str | int | float | None
Row = Mapping[str, Value]
"""Values by column; all rows of a list have the same columns."""


def rows_of(state: SearchState) -> Iterator[Row]:
    """Yield a row for each candidate: its trial, state, metrics that matter to the search, cost and architecture."""
    names = state.metric_names
    for trial in state.trials:
        for place in range(max(1, trial.size)):
            yield _row(trial, place, names)


def full_rows_of(state: SearchState) -> Iterator[Mapping[str, Value | datetime]]:
    """Yield the same with all metrics, hyperparameters (``hp.learningRate``), parents, epochs, times and weights."""
    names = list(dict.fromkeys([*state.metric_names, *(n for t in state.trials for n in _all_metrics(t))]))
    hyperparameters = list(dict.fromkeys(n for t in state.trials for c in t.spec.candidates for n in c.hyperparameters))
    for trial in state.trials:
        for place in range(max(1, trial.size)):
            candidate = trial.spec.candidates[place] if trial.spec.candidates else None
            values = candidate.hyperparameters if candidate else {}
            yield {
                **_row(trial, place, names),
                **{f"hp.{name}": values.get(name) for name in hyperparameters},
                "parents": ",".join(map(str, candidate.parents)) if candidate else "",
                "epochs": trial.spec.epochs or trial.status.epoch,
                "start": trial.status.start_time,
                "end": trial.status.completion_time,
                "weights": trial.checkpoint(trial.spec.index + place),
            }


def _all_metrics(trial: TrialView) -> Iterator[str]:
    yield from trial.status.metrics
    for one in trial.status.candidates:
        yield from one.metrics


def _row(trial: TrialView, place: int, names: list[str]) -> Row:
    status = trial.status
    one = status.candidates[place] if status.candidates else None
    metrics = one.metrics if one else status.metrics
    candidate = trial.spec.candidates[place] if trial.spec.candidates else None
    return {
        "trial": trial.meta.name,
        "index": trial.spec.index + place,
        "work": trial.spec.work.value,
        "state": str(one.outcome if one else trial_state(trial)),
        "attempts": len(status.attempts),
        **{name: metrics.get(name) for name in names},
        "seconds": round(status.trial_seconds, 1),
        "architecture": (candidate.text or candidate.id) if candidate else "",
        "origin": candidate.origin if candidate else "",
    }

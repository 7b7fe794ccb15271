"""``nasctl trials SEARCH``: every candidate of a search, what it reached and what it cost; exit code 0."""

from __future__ import annotations

from collections.abc import Iterator

from nas_client.cli.options import Context, Kubeconfig, Namespace, Rows, RowsOutput, SearchOrFolder, read_state
from nas_client.cli.rows import Row, write_rows
from nas_client.search_state import SearchState, trial_state
from nas_core.records.objects import TrialView

INTERRUPTED = "stopped; the search goes on"


def command(
    search: SearchOrFolder,
    output: RowsOutput = Rows.TABLE,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """List them by index; a trial of several candidates has a row for each."""
    state = read_state(search, kubeconfig, context, namespace)
    write_rows(list(rows_of(state)), output, f"{search} has no trial yet")
    return 0


def rows_of(state: SearchState) -> Iterator[Row]:
    """Yield a row for each candidate: its trial, state, metrics that matter to the search, cost and architecture."""
    for trial in state.trials:
        for place in range(max(1, trial.size)):
            yield _row(state, trial, place)


def _row(state: SearchState, trial: TrialView, place: int) -> Row:
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
        **{name: metrics.get(name) for name in state.metric_names},
        "seconds": round(status.trial_seconds, 1),
        "architecture": (candidate.text or candidate.id) if candidate else "",
        "origin": candidate.origin if candidate else "",
    }

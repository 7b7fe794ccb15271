"""``nasctl list``: the searches of a namespace; exit code 0, also if there is none."""

from __future__ import annotations

from datetime import UTC, datetime

from nas_client.cli.options import Context, Kubeconfig, Namespace, Rows, RowsOutput, connect
from nas_client.cli.rows import write_rows
from nas_client.search_state import SearchState, duration
from nas_client.searches import Searches
from nas_client.trial_table import Row
from nas_core.objectives import best_value

INTERRUPTED = "stopped"


def command(
    output: RowsOutput = Rows.TABLE,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """List them, as the API server sorts them: by name."""
    searches = Searches(connect(kubeconfig, context, namespace))
    now = datetime.now(UTC)
    rows = [row_of(state, now) for state in searches.all()]
    write_rows(rows, output, f"no NASSearch in namespace {searches.namespace!r}; make one: nasctl init DATA")
    return 0


def row_of(state: SearchState, now: datetime) -> Row:
    """Return what a list says of a search."""
    objective = state.spec.objectives[0]
    # Of targets the one that reaches most.
    found = [best[0].metrics for _, best, _ in state.found if best]
    values = [metrics[objective.metric] for metrics in found if objective.metric in metrics]
    return {
        "name": state.search.meta.name,
        "state": state.reason[0] or state.summary.value,
        "trials": f"{state.ended}/{state.planned}",
        "objective": objective.metric,
        "best": best_value(objective, values) if values else None,
        "for": duration(state.seconds(now)),
    }

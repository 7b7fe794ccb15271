"""``nasctl trials SEARCH``: every candidate of a search, what it reached and what it cost; exit code 0."""

from __future__ import annotations

from nas_client.cli.options import Context, Kubeconfig, Namespace, Rows, RowsOutput, SearchOrFolder, read_state
from nas_client.cli.rows import write_rows
from nas_client.trial_table import rows_of

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

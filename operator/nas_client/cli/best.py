"""``nasctl best NAME``: the best architectures so far; exit code 0 if there are any."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from nas_client.cli.options import (
    EXIT_NOT_SUCCEEDED,
    Context,
    Form,
    Kubeconfig,
    Namespace,
    Output,
    SearchOrFolder,
    read_state,
)
from nas_client.cli.screen import best_table
from nas_client.search_state import SearchState
from nas_core.api.search_status import BestArchitecture

INTERRUPTED = "stopped; the search goes on"


def _as_json(state: SearchState, target: str | None, entry: BestArchitecture) -> dict[str, Any]:
    """Return an entry of the status, with its target if the search has some."""
    # Only where it is true: the status itself does not have the field.
    mark = {"contended": True} if entry.trial in state.contended else {}
    return ({"target": target} if target else {}) | entry.to_dict() | mark


def command(
    search: SearchOrFolder,
    output: Output = Form.TABLE,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Print them; with ``json`` those that were trained again in full, if there are any."""
    console = Console()
    state = read_state(search, kubeconfig, context, namespace)
    # Trained again in full, an architecture has the weights that people want.
    found = [(target, entry) for target, best, retrained in state.found for entry in retrained or best]
    if output is Form.JSON:
        console.print_json(json.dumps([_as_json(state, target, entry) for target, entry in found]))
    elif found:
        console.print(best_table(state))
        # One that is the best of several targets is named once.
        for entry in {entry.trial: entry for _, entry in found}.values():
            # A bundle is for everybody, a checkpoint for training alone.
            if address := entry.bundle or entry.checkpoint:
                console.print(f"{entry.trial}: {address}", markup=False, highlight=False, soft_wrap=True)
    else:
        console.print("no trial has succeeded yet")
    return 0 if found else EXIT_NOT_SUCCEEDED

"""``nasctl best NAME``: the best architectures so far; exit code 0 if there are any."""

from __future__ import annotations

import json

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

INTERRUPTED = "stopped; the search goes on"


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
    found = state.status.retrained or state.status.best
    if output is Form.JSON:
        # Only where it is true: the status itself does not have the field.
        marks = [{"contended": True} if entry.trial in state.contended else {} for entry in found]
        console.print_json(json.dumps([entry.to_dict() | mark for entry, mark in zip(found, marks, strict=True)]))
    elif found:
        console.print(best_table(state))
        for entry in found:
            # A bundle is for everybody, a checkpoint for training alone.
            if address := entry.bundle or entry.checkpoint:
                console.print(f"{entry.trial}: {address}", markup=False, highlight=False, soft_wrap=True)
    else:
        console.print("no trial has succeeded yet")
    return 0 if found else EXIT_NOT_SUCCEEDED

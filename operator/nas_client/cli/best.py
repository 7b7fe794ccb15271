"""``nasctl best NAME``: the best architectures so far; exit code 0 if there are any."""

from __future__ import annotations

import argparse
import json

from rich.console import Console

from nas_client.cli.one_search import EXIT_NOT_SUCCEEDED, add_search_arguments, connect
from nas_client.cli.screen import best_table

INTERRUPTED = "stopped; the search goes on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the search and the form of the output."""
    add_search_arguments(parser)
    parser.add_argument("-o", "--output", choices=["table", "json"], default="table", help="form of the output")


def run(options: argparse.Namespace, console: Console) -> int:
    """Print them; with ``json`` those that were trained again in full, if there are any."""
    state = connect(options).read(options.name)
    # Trained again in full, an architecture has the weights that people want.
    found = state.status.retrained or state.status.best
    if options.output == "json":
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

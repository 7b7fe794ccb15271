"""``nasctl watch NAME``: follow a search until it has ended; exit code 0 if it succeeded."""

from __future__ import annotations

import argparse

from rich.console import Console

from nas_client.cli.follow import display_for, follow
from nas_client.cli.one_search import EXIT_NOT_SUCCEEDED, add_search_arguments, connect
from nas_client.search_state import Summary

INTERRUPTED = "stopped watching; the search goes on"

add_arguments = add_search_arguments


def run(options: argparse.Namespace, console: Console) -> int:
    """Show every change until nothing more happens."""
    reader = connect(options)
    with display_for(console) as display:
        last = follow(reader, options.name, display)
    return 0 if last.summary is Summary.SUCCEEDED else EXIT_NOT_SUCCEEDED

"""``nasctl watch SEARCH``: follow a search until it has ended; exit code 0 if it succeeded."""

from __future__ import annotations

from rich.console import Console

from nas_client.cli.follow import display_for, follow
from nas_client.cli.options import EXIT_NOT_SUCCEEDED, Context, Kubeconfig, Namespace, Search, connect
from nas_client.search_state import Summary

INTERRUPTED = "stopped watching; the search goes on"


def command(search: Search, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None) -> int:
    """Show every change until nothing more happens."""
    reader = connect(kubeconfig, context, namespace)
    with display_for(Console()) as display:
        last = follow(reader, search, display)
    return 0 if last.summary is Summary.SUCCEEDED else EXIT_NOT_SUCCEEDED

"""``nasctl suspend SEARCH``: hold a search; exit code 0 when that is asked for."""

from __future__ import annotations

from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, Search, connect
from nas_client.searches import Searches

INTERRUPTED = "stopped; see: nasctl show SEARCH"


def command(search: Search, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None) -> int:
    """Set `spec.suspend`, or remove it."""
    Searches(connect(kubeconfig, context, namespace)).change(search, {"suspend": True})
    Console().print(
        f"nassearch/{search} is suspended: its trials write checkpoints and end",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    return 0

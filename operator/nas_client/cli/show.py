"""``nasctl show SEARCH``: how a search stands, once; exit code 0 unless it has failed or was not accepted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
import yaml
from rich.console import Console

from nas_client.cli.options import (
    EXIT_NOT_SUCCEEDED,
    Context,
    Kubeconfig,
    Namespace,
    ObjectForm,
    SearchOrFolder,
    connect,
    read_state,
)
from nas_client.cli.screen import screen
from nas_client.search_state import SearchState, Summary
from nas_client.searches import Searches
from nas_core.records.search import read_search

INTERRUPTED = "stopped"


def command(
    search: SearchOrFolder,
    output: Annotated[ObjectForm, typer.Option("-o", "--output", help="text, or the object itself.")] = ObjectForm.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Show it."""
    if output is ObjectForm.TEXT:
        state = read_state(search, kubeconfig, context, namespace)
        Console().print(screen(state, datetime.now(UTC)))
    else:
        raw = Searches(connect(kubeconfig, context, namespace)).get(search)
        state = SearchState(read_search(raw))
        text = json.dumps(raw, indent=2) if output is ObjectForm.JSON else yaml.safe_dump(dict(raw), sort_keys=False)
        print(text)  # noqa: T201
    return EXIT_NOT_SUCCEEDED if state.summary in (Summary.FAILED, Summary.REJECTED) else 0

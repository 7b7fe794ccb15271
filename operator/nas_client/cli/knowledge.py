"""``nasctl knowledge SEARCH``: what the knowledge base of its namespace has; exit code 0."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, Rows, RowsOutput, Search, connect
from nas_client.cli.rows import write_rows
from nas_client.knowledge import KnowledgeBase

INTERRUPTED = "stopped"


def command(
    search: Search,
    delete: Annotated[
        str | None, typer.Option(metavar="NAME", help="Delete what searches of this name have left.")
    ] = None,
    output: RowsOutput = Rows.TABLE,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """List its entries, the newest first, with the distance of their data to those of the search; or delete some.

    Raises:
        ClientError: if there is no such search, or its bucket cannot be used.
    """
    base = KnowledgeBase(connect(kubeconfig, context, namespace).read(search).search)
    if delete is None:
        write_rows(base.rows(), output, "no search of the namespace has left anything")
        return 0
    for key in base.delete(delete):
        Console(soft_wrap=True, highlight=False).print(f"deleted {key}", markup=False)
    return 0

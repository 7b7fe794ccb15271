"""``nasctl promote NAME VERSION``: the version of a model to use; exit code 0 when it is marked so."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, connect
from nas_client.models import Models

INTERRUPTED = "stopped; see: kubectl get nasmodels"


def command(
    name: Annotated[str, typer.Argument(help="Name that the versions of the model share.", show_default=False)],
    model_version: Annotated[str, typer.Argument(metavar="VERSION", help="The version to use.", show_default=False)],
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Mark it; the operator makes the former one a candidate."""
    model = Models(connect(kubeconfig, context, namespace)).promote(name, model_version)
    Console().print(f"nasmodel/{model.meta.name} is in production", markup=False, highlight=False)
    return 0

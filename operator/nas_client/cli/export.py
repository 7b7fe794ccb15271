"""``nasctl export TRIAL``: makes a NASModel of a trial; exit code 0 when the API server has taken it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, connect
from nas_client.models import Models

INTERRUPTED = "stopped; see: kubectl get nasmodels"


def command(
    trial: Annotated[str, typer.Argument(help="Name of a NASTrial that has weights.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="Name of the model; default: the search's.", show_default=False)
    ] = None,
    model_version: Annotated[
        str | None, typer.Option("--version", help="Its version; default: from the trial's name.", show_default=False)
    ] = None,
    exports: Annotated[
        str, typer.Option(help="Other forms that are made, parted by commas: onnx, torchExport, int8Onnx.")
    ] = "",
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Create it."""
    wanted = [part.strip() for part in exports.split(",") if part.strip()]
    model = Models(connect(kubeconfig, context, namespace)).export(trial, name, model_version, wanted)
    named = f"nasmodel/{model.meta.name} --namespace={model.meta.namespace}"
    Console().print(
        f"created; wait for it with: kubectl wait {named} --for=condition=Ready --timeout=30m",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    return 0

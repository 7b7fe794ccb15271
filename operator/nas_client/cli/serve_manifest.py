"""``nasctl serve-manifest NAME``: the KServe InferenceService of a model, as YAML; exit code 0."""

from __future__ import annotations

from typing import Annotated

import typer
import yaml

from nas_client.cli.options import Context, Kubeconfig, Namespace, connect
from nas_client.kserve import inference_service
from nas_client.models import Models

INTERRUPTED = "stopped"


def command(
    name: Annotated[str, typer.Argument(help="Name of the NASModel.", show_default=False)],
    runtime: Annotated[
        str | None, typer.Option(help="A ServingRuntime; default: KServe chooses one.", show_default=False)
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Print it, for ``kubectl apply -f -``."""
    model = Models(connect(kubeconfig, context, namespace)).read(name)
    typer.echo(yaml.safe_dump(inference_service(model, runtime), sort_keys=False), nl=False)
    return 0

"""``nasctl lineage NAME``: where a model comes from, as a drawing; exit code 0 if that is known already."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from nas_client.cli.options import EXIT_NOT_SUCCEEDED, Context, Kubeconfig, Namespace, connect
from nas_client.lineage import as_mermaid, as_svg, as_text, steps
from nas_client.models import Models

INTERRUPTED = "stopped"


class Drawing(StrEnum):
    """A form of the drawing."""

    TEXT = "text"
    MERMAID = "mermaid"
    SVG = "svg"


DRAW = {Drawing.TEXT: as_text, Drawing.MERMAID: as_mermaid, Drawing.SVG: as_svg}


def command(
    name: Annotated[str, typer.Argument(help="Name of the NASModel.", show_default=False)],
    output: Annotated[Drawing, typer.Option("-o", "--output", help="Form of the drawing.")] = Drawing.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Draw it."""
    model = Models(connect(kubeconfig, context, namespace)).read(name)
    if model.status.lineage is None:
        typer.echo(f"not known yet: see kubectl describe nasmodel {name}", err=True)
        return EXIT_NOT_SUCCEEDED
    typer.echo(DRAW[output](steps(model, model.status.lineage)))
    return 0

"""``nasctl submit FILE``: give a manifest to the cluster, as ``kubectl apply --server-side`` does.

Exit code 0 when the API server has taken every object; 2 with its own words when it has not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nas_client.cli.options import Context, Kubeconfig, Namespace, connect
from nas_client.manifest import read_manifest
from nas_client.searches import Searches

INTERRUPTED = "stopped; what was named before has been submitted"


def command(
    file: Annotated[Path, typer.Argument(help="The manifest; - is standard input.", show_default=False)],
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Apply each object, in the order of the file.

    Raises:
        InvalidInput: if the file cannot be read, or an object is not taken.
    """
    objects = read_manifest(file)
    searches = Searches(connect(kubeconfig, context, namespace))
    for one in objects:
        Console().print(f"{searches.submit(one)} submitted", markup=False, highlight=False, soft_wrap=True)
    return 0

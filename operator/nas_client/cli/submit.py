"""``nasctl submit FILE``: give a manifest to the cluster, as ``kubectl apply --server-side`` does.

With ``--from`` a search goes on there that `nasctl run` has begun, or another cluster: what it has found is kept.

Exit code 0 when the API server has taken every object; 2 with its own words when it has not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from nas_client.cli.options import Context, Kubeconfig, Namespace, connect
from nas_client.folder import folder_state
from nas_client.manifest import read_manifest, the_only
from nas_client.moving import move
from nas_client.search_state import SearchState
from nas_client.searches import Searches

INTERRUPTED = "stopped; what was named before has been submitted"


def command(
    file: Annotated[Path, typer.Argument(help="The manifest; - is standard input.", show_default=False)],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Where its results are, which are kept: the folder of nasctl run, or status.storageRoot (s3://...).",
            show_default=False,
        ),
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Apply each object, in the order of the file.

    Raises:
        InvalidInput: if the file, the folder or the bucket cannot be read, or an object is not taken.
    """
    objects = read_manifest(file)
    in_bucket = source is not None and source.startswith("s3://")
    run = _run(source, in_bucket) if source else None
    moved = the_only(objects, "NASSearch", file) if run else None
    reader, console = connect(kubeconfig, context, namespace), Console(soft_wrap=True, highlight=False)
    searches = Searches(reader)
    for one in objects:
        if one is not moved:
            console.print(f"{searches.submit(one)} submitted", markup=False)
    if run and moved:
        with Progress(transient=True, console=Console(stderr=True)) as bar:
            task = bar.add_task("trials", total=None)
            there = move(reader, moved, run, lambda done, of: bar.update(task, completed=done, total=of), in_bucket)
        console.print(
            f"nassearch/{moved['metadata']['name']} submitted with {there.trials} trials, of which {there.results} "
            f"have ended; their weights stay in {source}",
            markup=False,
        )
    return 0


def _run(source: str, in_bucket: bool) -> SearchState:
    if not in_bucket:
        return folder_state(Path(source))
    # Here: only a bucket needs what it loads.
    from nas_client.ledger import restored

    return restored(source)

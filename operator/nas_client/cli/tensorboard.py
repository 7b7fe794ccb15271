"""``nasctl tensorboard SEARCH --to FOLDER``, which needs the extra ``tensorboard``; exit code 0."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, SearchOrFolder, read_state
from nas_client.errors import InvalidInput
from nas_client.tensorboard import write_events
from nas_core.records.search import ReadableSearch

INTERRUPTED = "stopped; the runs that are written stay, and the same command writes the others"
SHOWN_EVERY = 500


def command(
    search: SearchOrFolder,
    to: Annotated[Path, typer.Option("--to", help="Folder for TensorBoard's --logdir; it may have other searches.")],
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Write it into a folder of its name, and say how it is looked at. What was written before is replaced.

    Raises:
        ClientError: if the search cannot be read, or a file cannot be written.
    """
    state = read_state(search, kubeconfig, context, namespace)
    if not isinstance(state.search, ReadableSearch):
        raise InvalidInput(f"the spec of {search} cannot be read; nasctl show says why")
    folder = to / state.search.meta.name

    def written(count: int) -> None:
        if count % SHOWN_EVERY == 0:
            print(f"wrote {count} runs", file=sys.stderr)  # noqa: T201

    count = write_events(state.search, state.trials, folder, written)
    print(f"wrote {count} runs into {folder}; look at them with: tensorboard --logdir {to}", file=sys.stderr)  # noqa: T201
    return 0

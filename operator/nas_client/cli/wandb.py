"""``nasctl wandb SEARCH --to FOLDER`` or ``--online``, which needs the extra ``wandb``; exit code 0."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, SearchOrFolder, read_state
from nas_client.errors import InvalidInput
from nas_client.wandb import default_project, send_runs, write_runs
from nas_core.records.search import ReadableSearch

INTERRUPTED = "stopped; the runs that are done stay, and the same command does the others"
SHOWN_EVERY = 100


def command(
    search: SearchOrFolder,
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder for wandb sync, without a network; it may have other searches.")
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Send the runs, as the user of WANDB_API_KEY or of wandb login.")
    ] = False,
    project: Annotated[
        str | None, typer.Option("--project", help="Project of the runs; default: <namespace>.<search>.")
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Write its runs, or send them. What was written before is replaced where it has changed.

    Raises:
        ClientError: if the search cannot be read, a file cannot be written, or the runs cannot be sent.
    """
    if (to is None) != online:
        raise InvalidInput("say where the runs go: either --to FOLDER or --online")
    state = read_state(search, kubeconfig, context, namespace)
    if not isinstance(state.search, ReadableSearch):
        raise InvalidInput(f"the spec of {search} cannot be read; nasctl show says why")
    name = project or default_project(state.search)

    def done(count: int) -> None:
        if count % SHOWN_EVERY == 0:
            print(f"{count} runs", file=sys.stderr)  # noqa: T201

    if to is None:
        count = send_runs(state.search, state.trials, name, done)
        said = f"sent {count} runs to project {name}"
    else:
        count = write_runs(state.search, state.trials, to, name, done)
        said = f"{count} runs are in {to}; send them with: cd {to} && wandb sync"
    print(said, file=sys.stderr)  # noqa: T201
    return 0

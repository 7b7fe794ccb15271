"""``nasctl logs TRIAL``: what a trial has written; exit code 0 if there is a log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, TrialOrFile, connect, is_path
from nas_client.errors import InvalidInput
from nas_client.folder import log_file
from nas_client.logs import Logs, pieces_of

INTERRUPTED = "stopped; the trial goes on"


def command(
    trial: TrialOrFile,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the trial's container ends.")] = False,
    attempt: Annotated[
        int | None, typer.Option(min=1, help="Number of the attempt; default: the newest one.", show_default=False)
    ] = None,
    tail: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The last N lines; default: all.", show_default=False)
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Write it to standard output, as it is.

    Raises:
        InvalidInput: if there is no such trial, or no log of it.
    """
    if is_path(trial):
        file = log_file(Path(trial), attempt)
        if follow:
            raise InvalidInput(f"{trial} is a file, which -f does not follow; use: tail -f {file}")
        pieces = pieces_of(file, tail)
    else:
        log = Logs(connect(kubeconfig, context, namespace)).open(trial, attempt, follow, tail)
        pieces = log.pieces
        if log.source:
            print(f"nasctl: {log.source}", file=sys.stderr)  # noqa: T201
    for piece in pieces:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    return 0

"""``nasctl logs TRIAL``: what a trial has written; exit code 0 if there is a log."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nas_client.cli.options import Context, Kubeconfig, Namespace, connect
from nas_client.logs import Logs

INTERRUPTED = "stopped; the trial goes on"


def command(
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="Name of the NASTrial.", show_default=False)],
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
    """Write it to standard output, as it is."""
    log = Logs(connect(kubeconfig, context, namespace)).open(trial, attempt, follow, tail)
    if log.source:
        print(f"nasctl: {log.source}", file=sys.stderr)  # noqa: T201
    for piece in log.pieces:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    return 0

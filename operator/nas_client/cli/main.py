"""The command line of `nasctl`: find the command, let it run, return its exit code.

Each command's file says what its exit codes 0 and 1 mean. 2: what was typed cannot be used; 3: the cluster gave no
answer, or answered no; 130: Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import PurePath
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from nas_client.cli.commands import COMMANDS, say
from nas_client.errors import ClientError


class _Commands(TyperGroup):
    """The table of commands: all are listed, and only the one that is used is loaded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {name: TyperCommand(name, help=command.help) for name, command in COMMANDS.items()}

    def resolve_command(self, context: Any, arguments: list[str]) -> Any:
        name, found, rest = super().resolve_command(context, arguments)
        if name is not None and found is not None:
            alone = typer.Typer(add_completion=False)
            alone.command(name, help=COMMANDS[name].help)(COMMANDS[name].function())
            found = typer.main.get_command(alone)
        return name, found, rest


app = typer.Typer(
    cls=_Commands,
    help="Neural architecture search on Kubernetes, and on this machine.",
    no_args_is_help=False,
    # A mistake in our own code is for a report: as Python shows it, without the values of variables.
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nasctl {metadata.version('nas-operator')}")
        raise typer.Exit


@app.callback()
def _nasctl(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Have the options that come before a command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    # `kubectl nas …` runs the program kubectl-nas.
    program = "kubectl nas" if PurePath(sys.argv[0]).stem == "kubectl-nas" else "nasctl"
    try:
        typer.main.get_command(app).main(list(sys.argv[1:] if arguments is None else arguments), prog_name=program)
    except ClientError as error:
        return say(error)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0

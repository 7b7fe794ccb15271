"""The commands of `nasctl`: one line of this table and one file each.

Only the file of the command that is used is imported, so that a look at a search does not load what a comparison of
strategies needs, and works where that is not installed.
"""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from typing import Protocol, cast

from rich.console import Console

from nas_client.errors import ExtraMissing


class CommandModule(Protocol):
    """What the file of a command has."""

    INTERRUPTED: str
    """What is said after Ctrl-C."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's options."""

    def run(self, options: argparse.Namespace, console: Console) -> int:
        """Do it and return the exit code.

        Raises:
            ClientError: if it cannot be done.
        """


@dataclass(frozen=True)
class Command:
    """A line of the table."""

    help: str
    module: str
    extra: str | None = None
    """Extra of the package that the command needs; None: what every installation has is enough."""

    def load(self) -> CommandModule:
        """Import the command's file.

        Raises:
            ExtraMissing: if a package that it needs is not installed.
        """
        try:
            return cast(CommandModule, importlib.import_module(self.module))
        except ModuleNotFoundError as error:
            # Every installation has what it needs, so this is a mistake in our own code.
            if self.extra is None:
                raise
            package = (error.name or self.module).partition(".")[0]
            raise ExtraMissing(
                f"this command needs {package}, which is not installed; pip install 'nas-operator[{self.extra}]'"
            ) from error


COMMANDS = {
    "watch": Command("follow a search live until it has ended", "nas_client.cli.watch"),
    "best": Command("print the best architectures so far and their weights", "nas_client.cli.best"),
    "replay": Command("ask the strategy again for every recorded trial", "nas_client.cli.replay", "search"),
    "benchmark": Command("compare strategies on a tabulated benchmark", "nas_client.cli.benchmark", "benchmark"),
    "table": Command("turn NAS-Bench-101's official file into a table", "nas_client.cli.table", "benchmark"),
}
"""By the word that is typed."""

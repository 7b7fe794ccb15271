"""``nasctl benchmark``, which needs the extra of that name: strategies side by side on a table, without a cluster."""

from __future__ import annotations

import argparse

from rich.console import Console

from nas_benchmark import command
from nas_client.errors import InvalidInput

INTERRUPTED = "stopped; the same command goes on from here"

add_arguments = command.add_arguments


def run(options: argparse.Namespace, console: Console) -> int:
    """Run what is missing and print the table.

    Raises:
        InvalidInput: if a strategy, a table or the space cannot be used.
    """
    try:
        return command.run(options, console)
    except (ValueError, OSError) as error:
        raise InvalidInput(str(error)) from error

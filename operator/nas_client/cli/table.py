"""``nasctl table``, which needs the extra ``benchmark``: an official benchmark file turned into a table."""

from __future__ import annotations

import argparse

from rich.console import Console

from nas_benchmark import conversion
from nas_client.errors import InvalidInput

INTERRUPTED = "stopped; the same command starts from the beginning"

add_arguments = conversion.add_arguments


def run(options: argparse.Namespace, console: Console) -> int:
    """Convert the file.

    Raises:
        InvalidInput: if one of the two files cannot be used.
    """
    try:
        return conversion.run(options, console)
    except (ValueError, OSError) as error:
        raise InvalidInput(str(error)) from error

"""``nasctl table``, which needs the extra ``benchmark``: an official benchmark file turned into a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nas_benchmark import conversion
from nas_client.errors import InvalidInput

INTERRUPTED = "stopped; the same command starts from the beginning"


def command(
    source: Annotated[
        Path, typer.Argument(help="nasbench_only108.tfrecord or nasbench_full.tfrecord.", show_default=False)
    ],
    target: Annotated[Path, typer.Argument(help="The table to write, FILE.csv.gz.", show_default=False)],
) -> int:
    """Convert the file.

    Raises:
        InvalidInput: if one of the two files cannot be used.
    """
    try:
        return conversion.run(source, target, Console())
    except (ValueError, OSError) as error:
        raise InvalidInput(str(error)) from error

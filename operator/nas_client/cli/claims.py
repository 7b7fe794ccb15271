"""The option that says which folders of this machine stand for volumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nas_client.errors import InvalidInput

Claims = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="CLAIM=FOLDER", help="Folder that stands for the volume of a claim."),
]


def folders_of(given: Sequence[str]) -> dict[str, str]:
    """Return folders by the name of the claim that they stand for.

    Raises:
        InvalidInput: if one is not of the form, or not there.
    """
    found = {}
    for one in given:
        claim, equals, folder = one.partition("=")
        if not equals or not Path(folder).expanduser().is_dir():
            raise InvalidInput(f"--data {one}: write CLAIM=FOLDER, with a folder that is there")
        found[claim] = str(Path(folder).expanduser().absolute())
    return found

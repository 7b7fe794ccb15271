"""``nasctl validate FILE…``, which needs the extra ``validate``: what API server and operator would say.

Exit code 0 if nothing is wrong, 1 if something is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nas_client.cli.options import Form, Output
from nas_client.manifest import line_of, objects_in, read_text
from nas_client.validation import Finding, findings

INTERRUPTED = "stopped"
EXIT_WRONG = 1
SHOWN = 100
"""Findings of a file that are shown; what is wrong in many places is mostly one mistake."""


def command(
    files: Annotated[list[Path], typer.Argument(help="Manifests; - is standard input.", show_default=False)],
    output: Output = Form.TABLE,
) -> int:
    """Say of each file what is wrong, with field, value and what to write instead.

    Raises:
        InvalidInput: if a file cannot be read, or is no manifest.
    """
    console = Console()
    answers: list[dict[str, Any]] = []
    for file in files:
        text = read_text(file)
        objects = objects_in(text, file)
        found = findings(objects)
        answers += [_answer(file, text, one) for one in found[:SHOWN]]
        if output is Form.TABLE and not found:
            console.print(f"{file}: nothing is wrong", markup=False, highlight=False, soft_wrap=True)
    if output is Form.JSON:
        console.print_json(json.dumps(answers))
        return EXIT_WRONG if answers else 0
    for one in answers:
        said = "{file}:{line}: {kind}/{name}: {field}: {message}".format_map(one)
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    return EXIT_WRONG if answers else 0


def _answer(file: Path, text: str, one: Finding) -> dict[str, Any]:
    line = line_of(text, one.place, one.fault.path)
    answer: dict[str, Any] = {"file": str(file), "line": line, "kind": one.kind, "name": one.name}
    return answer | {"field": one.fault.field, "message": one.fault.message}

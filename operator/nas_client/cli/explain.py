"""``nasctl explain TRIAL``: why it was tried, and what came of it; exit code 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer
import yaml
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nas_client.cli.options import Context, Kubeconfig, Namespace, ObjectForm, TrialOrFile, read_trial
from nas_client.explanation import Explanation, Section, Value
from nas_core.numbers_as_text import number

INTERRUPTED = "stopped"


def command(
    trial: TrialOrFile,
    output: Annotated[ObjectForm, typer.Option("-o", "--output", help="Form of the output.")] = ObjectForm.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Print it."""
    sections = Explanation(*read_trial(trial, kubeconfig, context, namespace)).sections
    facts = {section.title: dict(section.facts) for section in sections}
    match output:
        case ObjectForm.TEXT:
            console = Console()
            console.print(screen(sections), soft_wrap=not console.is_terminal)
        case ObjectForm.JSON:
            print(json.dumps(facts, indent=2))  # noqa: T201
        case ObjectForm.YAML:
            print(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True), end="")  # noqa: T201
    return 0


def screen(sections: Sequence[Section]) -> RenderableType:
    """Draw the sections below each other."""
    parts: list[RenderableType] = []
    for section in sections:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in section.facts.items():
            table.add_row(Text(name), Text(_shown(value)))
        parts += [Text(section.title, style="bold"), Padding(table, (0, 0, 0, 2))]
    return Group(*parts)


def _shown(value: Value) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    return value if isinstance(value, str) else number(value)

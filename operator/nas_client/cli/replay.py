"""``nasctl replay NAME``, which needs the extra ``search``: does the strategy still choose what it chose then?

Exit code 0 if nothing differs. Nothing is written and no trial runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nas_client.cli.options import Context, Form, Kubeconfig, Namespace, Output, SearchOrFolder, read_state
from nas_client.cli.rows import plain_table
from nas_client.errors import InvalidInput
from nas_core.api.trial import CandidateSpec
from nas_plan.replay import Difference, Record

INTERRUPTED = "stopped; nothing was changed"
EXIT_DIFFERS = 1
MOST = 1000
"""Decisions that are asked again unless more are wanted: half a minute with `bayesian`, a second with evolution."""
ROWS = 50
"""Differences in the table; JSON has all of them."""


@dataclass(frozen=True)
class Replayed:
    """What came of asking again."""

    search: str
    decisions: int
    checked: int
    missing: Sequence[int]
    differences: Sequence[Difference]


Sample = Annotated[
    int,
    typer.Option(min=1, metavar="N", help="Ask again for N candidates at most, spread evenly over the search."),
]


def command(
    search: SearchOrFolder,
    sample: Sample = MOST,
    output: Output = Form.TABLE,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Read the search, ask again, print what differs.

    Raises:
        InvalidInput: if the spec cannot be read, or nothing is to be asked.
    """
    console = Console()
    state = read_state(search, kubeconfig, context, namespace)
    try:
        record = Record.of(state.search, state.trials)
    except ValueError as error:
        raise InvalidInput(f"{search} cannot be replayed: {error}") from error
    found = ask_again(search, record, sample)
    if output is Form.JSON:
        console.print_json(json.dumps(as_json(found)))
    else:
        show(found, console)
    return EXIT_DIFFERS if found.differences else 0


def ask_again(name: str, record: Record, most: int) -> Replayed:
    """Ask again, with a bar on standard error if that is a terminal."""
    places = record.sample(most)
    # Not standard output, which may be JSON for a program.
    errors = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with bar:
        answers = list(bar.track(record.ask_again(places), total=len(places), description="candidates"))
    return Replayed(name, len(record.decisions), len(places), record.missing, [one for one in answers if one])


def show(found: Replayed, console: Console) -> None:
    """Print what differs for people."""
    if found.differences:
        table = plain_table()
        for column in ("trial", "index", "seen", "recorded", "chosen again"):
            table.add_column(column, justify="right" if column in ("index", "seen") else "left", overflow="fold")
        for one in found.differences[:ROWS]:
            table.add_row(one.trial, str(one.index), str(one.basis), describe(one.recorded), describe(one.again))
        console.print(table)
        if len(found.differences) > ROWS:
            console.print(f"… and {len(found.differences) - ROWS} more; -o json has all", style="dim")
    asked = f"{found.checked}" if found.checked == found.decisions else f"{found.checked} of {found.decisions}"
    differ = f"{len(found.differences) or 'none'} chosen differently"
    console.print(f"{found.search}: {asked} candidates asked again, {differ}", markup=False, highlight=False)
    if found.missing:
        console.print(
            f"{len(found.missing)} candidates are missing, the first with index {found.missing[0]}: their trials were "
            "deleted, and what was chosen after them may differ for that reason",
            style="yellow",
        )


def describe(candidate: CandidateSpec | None) -> str:
    """Say what was chosen: the architecture as people read it, else its id, and what made it."""
    return f"{candidate.text or candidate.id} ({candidate.origin})" if candidate else "nothing"


def as_json(found: Replayed) -> dict[str, Any]:
    """Return what differs for programs, candidates as in the NASTrial's spec."""
    return {
        "search": found.search,
        "candidates": found.decisions,
        "checked": found.checked,
        "missing": list(found.missing),
        "differences": [
            {
                "trial": one.trial,
                "index": one.index,
                "basis": one.basis,
                "recorded": one.recorded.to_dict(),
                "again": one.again.to_dict() if one.again else None,
            }
            for one in found.differences
        ],
    }

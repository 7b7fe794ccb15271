"""Which decisions of a search matter most, on a terminal: `nasctl show` has it below the search. Pure.

Apart from `nas_client.cli.screen`, as it loads NumPy, for which a look at a search every second does not wait.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from nas_client.cli.fitted_table import Column, FittedTable, Kind
from nas_client.search_state import SearchState
from nas_core.importance import importance_in

DECISIONS = 5
"""Decisions that are shown."""


def importance_table(state: SearchState) -> RenderableType | None:
    """Draw what each of the decisions that matter most explains of the first objective; None if that is not known."""
    metric = state.spec.objectives[0].metric
    found = importance_in(state.trials, metric)[:DECISIONS]
    if not found:
        return None
    rows = [(each.decision, f"{each.share:.0%}", f"{each.low:.0%} to {each.high:.0%}") for each in found]
    heading = Text(f"share of the variance of {metric} that a decision alone explains", style="bold")
    columns = [Column("decision", Kind.NAME), Column("share", Kind.FACT), Column("95 % interval", Kind.FACT)]
    return Padding(Group(heading, FittedTable(columns, rows)), (0, 2, 1, 2))

"""``nasctl prefer SEARCH BETTER WORSE``: say which of two candidates is better; exit code 0 when that is on record.

Without two candidates it shows the two of the front whose comparison says most, and what to type.
"""

from __future__ import annotations

from typing import Annotated

import typer
import yaml
from rich.console import Console, Group, RenderableType
from rich.text import Text

from nas_client.cli.options import Context, Kubeconfig, Namespace, SearchOrFolder, connect, is_path, read_state
from nas_client.cli.rows import plain_table
from nas_client.errors import InvalidInput
from nas_client.preferring import index_of, with_comparison
from nas_client.search_state import SearchState
from nas_client.searches import Searches
from nas_core.comparisons import compare, next_pair
from nas_core.numbers_as_text import number
from nas_core.objectives import costs_of
from nas_core.records.trial import TrialView
from nas_core.states import Work

INTERRUPTED = "stopped; nothing is on record"
METRICS = 16
"""Metrics that are shown side by side, and decisions that differ."""

Candidate = Annotated[
    str | None,
    typer.Argument(
        help="A candidate: its index as nasctl trials lists it, or the name of its trial.", show_default=False
    ),
]


def command(
    search: SearchOrFolder,
    better: Candidate = None,
    worse: Candidate = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Add a comparison to `spec.guidance`, in place of one that said the opposite; or propose one.

    Raises:
        InvalidInput: if there is nothing to compare, or the API server does not take it.
    """
    state, console = read_state(search, kubeconfig, context, namespace), Console(highlight=False, soft_wrap=True)
    if len(state.spec.objectives) < 2:
        raise InvalidInput(f"{search}: with one objective the best is the best; comparisons are for several objectives")
    if better is None:
        console.print(proposal(state, search))
        return 0
    if worse is None:
        raise InvalidInput(f"{better} is better than which one? name two candidates, or none")
    comparisons = with_comparison(state, index_of(state, better), index_of(state, worse))
    given = {"guidance": {"comparisons": [one.to_dict() for one in comparisons]}}
    if is_path(search):
        # A run goes by its manifest: what its folder has is a record.
        text = yaml.safe_dump({"spec": given}, sort_keys=False)
        console.print(f"{search} was run from a manifest; add this to it, and run it again:\n{text}", markup=False)
        return 0
    Searches(connect(kubeconfig, context, namespace)).change(search, given)
    count = f"{len(comparisons)} comparison{'s' if len(comparisons) > 1 else ''}"
    console.print(f"nassearch/{search}: {comparisons[-1]}; {count}. See: nasctl show {search}", markup=False)
    return 0


def proposal(state: SearchState, search: str) -> RenderableType:
    """Draw the two candidates whose comparison says most side by side, and what to type.

    Raises:
        InvalidInput: if there are not two to compare.
    """
    objectives, best = state.spec.objectives, {one.index: one for one in state.status.best if one.index is not None}
    front = {index: tuple(costs_of(one.metrics, objectives)) for index, one in best.items()}
    compared = compare(state.spec, state.trials, state.status.best, list(front.values()))
    pair = next_pair(state.spec, compared, front)
    if pair is None:
        why = "all pairs of its front are compared" if len(front) > 1 else "its front has no two candidates yet"
        raise InvalidInput(f"{search}: {why}")
    left, right = pair
    table = plain_table()
    for heading in ("", str(left), str(right)):
        table.add_column(heading)
    table.add_row("trial", best[left].trial, best[right].trial)
    metrics = [best[index].metrics for index in pair]
    names = dict.fromkeys([*state.metric_names, *(name for of in metrics for name in of)])
    for name in list(names)[:METRICS]:
        table.add_row(name, *(number(of.get(name)) for of in metrics))
    decisions = [_decisions(state.trials, index) for index in pair]
    differ = [
        name for name in dict.fromkeys([*decisions[0], *decisions[1]]) if len({of.get(name) for of in decisions}) > 1
    ]
    for name in differ[:METRICS]:
        table.add_row(name, *(of.get(name, "-") for of in decisions))
    parts: list[RenderableType] = [Text("which of the two is better for you?", style="bold"), table]
    if len(differ) > METRICS:
        parts.append(Text(f"… and {len(differ) - METRICS} more decisions that differ", style="dim"))
    parts += [Text(), *(Text(f"nasctl prefer {search} {a} {b}") for a, b in (pair, pair[::-1]))]
    return Group(*parts)


def _decisions(trials: tuple[TrialView, ...], index: int) -> dict[str, str]:
    """Return what was decided of a candidate; nothing of one whose trial was deleted."""
    of = (trial for trial in trials if trial.spec.work == Work.TRAIN and trial.spec.index <= index < trial.next_index)
    trial = next(of, None)
    if trial is None:
        return {}
    candidate = trial.spec.candidates[index - trial.spec.index]
    return candidate.architecture | candidate.hyperparameters

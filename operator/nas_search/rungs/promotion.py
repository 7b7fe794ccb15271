"""Which candidates are worth more epochs: a function of the results alone.

Of the results of a rung the best one in ``reductionFactor`` are promoted: feasible ones by non-domination and
crowding distance (with one objective by its value), then those of the least violation. ASHA decides at any moment among
the results that are there; successive halving and Hyperband wait until all of a bracket have come to the rung. A
promotion is due that a candidate has earned and not got yet, so that deciding twice changes nothing.

People may have candidates promoted that have not earned it (`spec.guidance.extend`). On the rung that such a one is
taken to it is compared with nobody until it has earned that rung, so that others are promoted as they would be anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.history import History, Observation
from nas_core.objectives import violation
from nas_search.problem import Problem
from nas_search.ranking import by_merit, costs, crowding, is_valid
from nas_search.rungs.ladder import Bracket, Ladder

ResultsByRung = dict[int, dict[int, Observation | None]]
"""The results by epochs and index; None for one that failed, without a value of every objective."""


@dataclass(frozen=True)
class Promotion:
    """A candidate that is to be trained further."""

    result: Observation
    """What earned it: of the rung below."""
    epochs: int
    """To train to, counted from the beginning."""
    extended: bool = False
    """Whether a person asked for it, and no rank earned it."""

    @property
    def key(self) -> tuple[int, int]:
        """What makes two promotions the same."""
        return self.result.index, self.epochs


def promotable(ladder: Ladder, history: History, total: int, problem: Problem) -> list[Promotion]:
    """Return all promotions that the results earn, those made long ago included, the highest rung first.

    Args:
        ladder: the rungs.
        history: its observations and pending trials are of all rungs.
        total: candidates that the search will have tried in the end. When the results of all of them are in, at
            least one goes on from each rung, so that every search gets to the top.
        problem: what is compared, and what has to be kept.
    """
    rungs: ResultsByRung = defaultdict(dict)
    for result in history.observations:
        # Without epochs of its own a result is of training in full.
        rungs[result.epochs or ladder.epochs[-1]][result.index] = (
            result if is_valid(result, problem.objectives) else None
        )
    waiting = {p.index for p in history.pending}
    promotions = [
        promotion
        for bracket in ladder.brackets(total)
        for promotion in _of_bracket(ladder, bracket, rungs, waiting, history.next_index, problem)
    ]
    return sorted(promotions, key=lambda promotion: -promotion.epochs)


def due(
    ladder: Ladder, history: History, total: int, problem: Problem, extended: AbstractSet[int] = frozenset()
) -> list[Promotion]:
    """Return the promotions that are not made yet: those of ``extended`` candidates, by index, then those earned."""
    # Failed and pending ones as well: nobody is promoted to the same rung twice.
    made = {(o.index, o.epochs) for o in history.observations} | {(p.index, p.epochs) for p in history.pending}
    earned = [promotion for promotion in promotable(ladder, history, total, problem) if promotion.key not in made]
    keys = {promotion.key for promotion in earned}
    asked = [one for one in _asked(ladder, history, problem, extended) if one.key not in made | keys]
    return sorted([*asked, *earned], key=lambda promotion: promotion.result.index not in extended)


def _asked(ladder: Ladder, history: History, problem: Problem, extended: AbstractSet[int]) -> Iterator[Promotion]:
    """Yield of each extended candidate the promotion to the rung above the highest that it has a result of."""
    highest: dict[int, Observation] = {}
    for result in history.observations:
        known = highest.get(result.index)
        if result.index in extended and (known is None or (known.epochs or 0) < (result.epochs or 0)):
            highest[result.index] = result
    for index in sorted(highest):
        result = highest[index]
        above = next((epochs for epochs in ladder.epochs if result.epochs and epochs > result.epochs), None)
        # One that failed on its way has no checkpoint to go on from, and ends there as any other does.
        if above is not None and is_valid(result, problem.objectives):
            yield Promotion(result, above, extended=True)


def _of_bracket(
    ladder: Ladder,
    bracket: Bracket,
    rungs: ResultsByRung,
    waiting: set[int],
    next_index: int,
    problem: Problem,
) -> Iterator[Promotion]:
    members = range(bracket.first, bracket.end)

    def results(rung: int) -> dict[int, Observation | None]:
        at = rungs[ladder.epochs[rung]]
        return {index: at[index] for index in members if index in at}

    here = results(bracket.lowest)
    # Trials that somebody deleted are not waited for: their results will never come.
    closed = next_index >= bracket.end and all(index in here for index in waiting if index in members)
    for rung in range(bracket.lowest, ladder.top):
        if ladder.waits and not closed:
            return
        # Neither failed nor refused ones: with many of them, the others would all be among the best.
        valid = [result for result in here.values() if result]
        count = len(valid) // ladder.reduction
        chosen = best(valid, max(1, count) if closed else count, problem)
        yield from (Promotion(result, ladder.epochs[rung + 1]) for result in chosen)
        earned = {result.index for result in chosen}
        # One that a person took there is as good as not there until it has earned it.
        here = {i: one for i, one in results(rung + 1).items() if i in earned or one is None or not one.extended}
        # The rung above is complete once all that were promoted to it have a result there.
        closed = closed and all(result.index in here for result in chosen)


def best(valid: Sequence[Observation], count: int, problem: Problem) -> list[Observation]:
    """Return the ``count`` best of some results, all with a value of every objective, the best first.

    Equal ones stay in their order.
    """
    if count <= 0 or not valid:
        return []
    objectives, constraints = problem.objectives, problem.constraints
    if len(objectives) == 1:
        broken = np.array([violation(o.metrics, constraints) for o in valid])
        return [valid[place] for place in np.lexsort((costs(valid, objectives)[:, 0], broken))[:count].tolist()]
    chosen: list[Observation] = []
    for front in by_merit(valid, objectives, constraints, count):
        distances = crowding(costs(front, objectives))
        chosen += [front[place] for place in np.argsort(-distances, kind="stable").tolist()]
    return chosen[:count]

"""Which decisions matter most so far, in a search's status: for people who guide it. Pure.

It is computed again when there are 10 % more results, and of all when the search has ended. The numbers of results for
which that is done are always the same ones, and the first so many count: whoever was killed in between finds the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from nas_core.api.search_status import MOST_DECISIONS, DecisionImportance, Importance
from nas_core.history import Observation
from nas_core.importance import LEAST_RESULTS, comparable, importance_of

GROWTH = 1.1


def importance_so_far(
    old: Importance | None, seen: Iterable[Observation], metric: str, *, over: bool
) -> Importance | None:
    """Return what a search's status says next; None with fewer than ten results.

    Args:
        old: what it says now.
        seen: all results of the search.
        metric: its first objective.
        over: whether the search has ended.
    """
    results = comparable(seen, metric)
    if not results:
        return None
    count, epochs = len(results) if over else _counted(len(results)), results[0].epochs
    # More than that were counted at an end after which the search went on.
    if old and (old.metric, old.epochs) == (metric, epochs) and count <= old.results <= len(results):
        return old
    found = importance_of(results[:count], metric)[:MOST_DECISIONS]
    decisions = [
        DecisionImportance(
            decision=each.decision, share=f"{each.share:.3f}", low=f"{each.low:.3f}", high=f"{each.high:.3f}"
        )
        for each in found
    ]
    return Importance(metric=metric, results=count, epochs=epochs, decisions=decisions)


def _counted(results: int) -> int:
    """Return the greatest number of results up to this one that count: 10, 11, 13, 15, 17, …"""
    counted = LEAST_RESULTS
    while (following := math.ceil(counted * GROWTH)) <= results:
        counted = following
    return counted

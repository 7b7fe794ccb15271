"""The rank of a result among others of its search. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nas_core.api.search import NASSearchSpec
from nas_core.history import Observation
from nas_core.objectives import costs_of, violation


def is_valid(result: Observation, spec: NASSearchSpec) -> bool:
    """Whether a result has a finite value of every objective; one that failed has none."""
    return result.metrics is not None and all(map(math.isfinite, costs_of(result.metrics, spec.objectives)))


def comparable(results: Sequence[Observation], mine: Observation, spec: NASSearchSpec) -> list[Observation]:
    """Return the valid results after as many epochs as one has, without itself."""
    return [
        one for one in results if one.epochs == mine.epochs and one.sequence != mine.sequence and is_valid(one, spec)
    ]


def rank(mine: Observation, others: Sequence[Observation], spec: NASSearchSpec) -> int:
    """Return the rank of a valid result among others; 1: none of them is better.

    Better is what breaks the constraints less; of two that break them alike, what is worse in no objective and better
    in one.
    """
    broken, costs = violation(mine.metrics, spec.constraints), costs_of(mine.metrics or {}, spec.objectives)

    def better(other: Observation) -> bool:
        others_costs = violation(other.metrics, spec.constraints)
        if others_costs != broken:
            return others_costs < broken
        pairs = list(zip(costs_of(other.metrics or {}, spec.objectives), costs, strict=True))
        return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)

    return 1 + sum(map(better, others))

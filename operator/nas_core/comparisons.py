"""What people's comparisons of a search's candidates (`spec.guidance.comparisons`) say of the order of its front. Pure.

In the flow: `nas_plan` orders the front and chooses what is trained again by it, `nasctl prefer` what to ask next.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nas_core.api.guidance import Comparison
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import BestArchitecture
from nas_core.objectives import costs_of
from nas_core.records.trial import TrialView, observed
from nas_core.states import Work
from nas_core.utility import Utility, learn_utility

Results = Mapping[int, Mapping[str, float]]
"""Metrics of candidates by their index."""
Costs = tuple[float, ...]
KEPT = 16
"""Utilities that are remembered: every look at a search asks for the one of the look before."""


@dataclass(frozen=True)
class Compared:
    """What the comparisons of a search come to."""

    utility: Utility | None
    """What is learnt of them; None if none of them can be used, or nothing has been found yet."""
    used: tuple[Comparison, ...] = ()
    contradicted: tuple[Comparison, ...] = ()
    """Those of the used ones that the utility does not follow."""
    unknown: tuple[int, ...] = ()
    """Indices that comparisons name of candidates without a result."""


def results_of(indices: Container[int], trials: Iterable[TrialView], best: Iterable[BestArchitecture]) -> Results:
    """Return what some candidates of a search have reached, with rungs on the highest of each.

    ``best`` are of its status: of one whose trial was deleted it has the metrics.
    """
    found = {entry.index: entry.metrics for entry in best if entry.index is not None}
    # A search may have a hundred thousand, and each look asks for a few.
    holders = (
        trial
        for trial in trials
        if trial.spec.work == Work.TRAIN and any(k in indices for k in range(trial.spec.index, trial.next_index))
    )
    asked = [one for one in observed(holders) if one.index in indices]
    for one in sorted(asked, key=lambda one: (one.epochs or 0, one.sequence)):
        if one.metrics is not None:
            found[one.index] = dict(one.metrics)
    return found


def compare(
    spec: NASSearchSpec, trials: Iterable[TrialView], best: Iterable[BestArchitecture], front: Sequence[Costs]
) -> Compared:
    """Return what the comparisons of a search say.

    Args:
        spec: with the comparisons.
        trials: of the search.
        best: of its status.
        front: costs of the results that are to be ordered.
    """
    asked = spec.guidance.comparisons if spec.guidance else []
    results = results_of({index for one in asked for index in one.both}, trials, best)
    costs = {index: tuple(costs_of(results.get(index, {}), spec.objectives)) for one in asked for index in one.both}
    unknown = tuple(sorted(index for index, found in costs.items() if not all(map(math.isfinite, found))))
    used = tuple(one for one in asked if not {*one.both} & {*unknown})
    if not used or not front:
        return Compared(None, used, (), unknown)
    better, worse = (tuple(costs[getattr(one, side)] for one in used) for side in ("better", "worse"))
    utility = _learnt(_ends(front, [*better, *worse]), better, worse, _weights(spec))
    gained = utility.of(np.array(better)) > utility.of(np.array(worse))
    contradicted = tuple(one for one, followed in zip(used, gained.tolist(), strict=True) if not followed)
    return Compared(utility, used, contradicted, unknown)


def next_pair(spec: NASSearchSpec, compared: Compared, front: Mapping[int, Costs]) -> tuple[int, int] | None:
    """Return the two candidates of a front whose comparison says most; None if all pairs are compared.

    ``front`` has their costs by their index.
    """
    if len(front) < 2:
        return None
    indices = list(front)
    utility = compared.utility or _learnt(_ends(list(front.values())), (), (), _weights(spec))
    places = {index: place for place, index in enumerate(indices)}
    known = [(places[one.better], places[one.worse]) for one in compared.used if {*one.both} <= {*places}]
    found = utility.to_compare(np.array(list(front.values())), known)
    return (indices[found[0]], indices[found[1]]) if found else None


def _ends(front: Sequence[Costs], compared: Sequence[Costs] = ()) -> tuple[Costs, Costs]:
    """Return the best and the worst cost of each objective: the scale on which losses are measured.

    Of an objective in which all of the front are equal, by what has been compared.
    """
    low, high = (tuple(map(end, zip(*front, strict=True))) for end in (min, max))
    worst = tuple(map(max, zip(*front, *compared, strict=True)))
    return low, tuple(b if b > a else c for a, b, c in zip(low, high, worst, strict=True))


def _weights(spec: NASSearchSpec) -> Costs | None:
    if all(objective.weight is None for objective in spec.objectives):
        return None
    return tuple(float(objective.weight or 1) for objective in spec.objectives)


@lru_cache(maxsize=KEPT)
def _learnt(
    ends: tuple[Costs, Costs], better: tuple[Costs, ...], worse: tuple[Costs, ...], weights: Costs | None
) -> Utility:
    shape = (len(better), len(ends[0]))
    prior = None if weights is None else np.array(weights)
    return learn_utility(np.array(ends), np.reshape(better, shape), np.reshape(worse, shape), prior)

"""Which results are better: feasible before infeasible, then the objectives.

References: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II" (constrained domination,
non-dominated sorting, crowding distance).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nas_core.api.strategy import Constraint, Objective
from nas_core.history import Observation
from nas_core.objectives import cost_of, costs_of, violation

FRONT_LIMIT = 50
"""Most architectures that the best of a search are: what its status can hold."""
SUM_SHARE = 0.05
"""Weight of the sum of the losses beside the worst loss: it decides between points whose worst is equal."""

Floats = NDArray[np.float64]
"""An array of numbers; each use says its shape."""
Losses = Callable[[Floats], Floats]
"""How far each row of costs (n, objectives) is from what somebody wants, shape (n)."""


def is_valid(observation: Observation, objectives: Sequence[Objective]) -> bool:
    """Whether a result has a finite value for every objective."""
    return observation.metrics is not None and all(map(math.isfinite, costs_of(observation.metrics, objectives)))


def costs(observations: Sequence[Observation], objectives: Sequence[Objective]) -> Floats:
    """Return the costs of results, shape (observations, objectives); nan where there is no value."""
    metrics = [result.metrics or {} for result in observations]
    columns = [
        cost_of(each, np.array([known.get(each.metric, math.nan) for known in metrics], dtype=np.float64))
        for each in objectives
    ]
    return np.stack(columns, axis=1)


def non_dominated(values: Floats) -> NDArray[np.bool_]:
    """Tell which rows of ``values`` (n, objectives), less being better, no other row dominates."""
    # In lexicographic order a row can be dominated by an earlier one only.
    left = np.lexsort(values.T[::-1])
    # (objectives, n), each objective contiguous: the comparisons below run along them.
    columns = np.ascontiguousarray(values.T[:, left])
    keep = np.zeros(len(values), dtype=bool)
    while len(left):
        keep[left[0]] = True
        row, rest = columns[:, :1], columns[:, 1:]
        undominated = np.any(rest < row, axis=0) | np.all(rest == row, axis=0)  # equal rows do not dominate each other
        left, columns = left[1:][undominated], rest[:, undominated]
    return keep


def fronts(values: Floats) -> Iterator[NDArray[np.int64]]:
    """Yield the places of the rows of ``values`` (n, objectives), less being better, front by front, rising in each.

    With two objectives all fronts take O(n log n) (Jensen 2003): in lexicographic order the last member of each front
    has its least second value, and these rise from front to front. With more, each takes O(n * its size).
    """
    if values.shape[1] != 2:
        left = np.arange(len(values))
        while len(left):
            front = non_dominated(values[left])
            yield left[front]
            left = left[~front]
        return
    least: list[float] = []
    members: list[list[int]] = []
    before, number = None, 0
    for place in np.lexsort(values.T[::-1]).tolist():
        row = tuple(values[place].tolist())
        if row != before:
            before, number = row, bisect_right(least, row[1])
        if number == len(least):
            least.append(row[1])
            members.append([])
        least[number] = row[1]
        members[number].append(place)
    yield from (np.array(sorted(front)) for front in members)


def crowding(values: Floats) -> Floats:
    """Return the crowding distance of each row of ``values`` (n, objectives); the ends of a front have inf."""
    distance = np.zeros(len(values))
    for column in values.T:
        # Stable, so that the order of equal results never depends on the machine.
        order = np.argsort(column, kind="stable")
        span = column[order[-1]] - column[order[0]]
        distance[order[[0, -1]]] = np.inf
        if span > 0:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return distance


def weights_of(objectives: Sequence[Objective]) -> Floats:
    """Return the weights of objectives, shape (objectives); 1 for one that has none."""
    return np.array([float(o.weight or 1) for o in objectives])


def preference(front: Floats, objectives: Sequence[Objective]) -> Floats | None:
    """Return how far each row of a front (n, objectives; less is better) is from what the weights ask for, shape (n).

    It is the worst weighted loss, each loss as a share of the front's span, and a little of their sum (augmented
    Tchebycheff; Steuer & Choo 1983). None if no objective has a weight.
    """
    if all(o.weight is None for o in objectives):
        return None
    spans = np.ptp(front, axis=0)
    # The span of the front is the scale of each objective, so that weights compare like with like.
    # An objective in which all points are equal has none, and no loss.
    losses = weights_of(objectives) * (front - front.min(axis=0)) / np.where(spans > 0, spans, 1.0)
    return np.asarray(losses.max(axis=1) + SUM_SHARE * losses.sum(axis=1))


def reaches_targets(
    observation: Observation, objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> bool:
    """Whether a result is feasible and as good as the targets of all objectives that have one; False if none has."""
    aimed = [(each, float(each.target)) for each in objectives if each.target is not None]
    metrics = observation.metrics or {}
    return (
        bool(aimed)
        and is_valid(observation, objectives)
        and all(cost_of(each, metrics[each.metric]) <= cost_of(each, target) for each, target in aimed)
        and violation(metrics, constraints) == 0
    )


def _feasible(
    observations: Sequence[Observation], objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> list[Observation]:
    valid = np.flatnonzero(np.isfinite(costs(observations, objectives)).all(axis=1)).tolist()
    return [observations[place] for place in valid if violation(observations[place].metrics, constraints) == 0]


def on_highest_rung(
    observations: Sequence[Observation], objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> list[Observation]:
    """Return the results that can be compared with each other; without rungs these are all.

    With rungs the feasible ones after the most epochs that any feasible one has.
    """
    if all(o.epochs is None for o in observations):
        return list(observations)
    feasible = _feasible(observations, objectives, constraints)
    most = max((o.epochs or 0 for o in feasible), default=0)
    return [o for o in feasible if (o.epochs or 0) == most]


def _least_crowded(values: Floats, count: int) -> list[int]:
    """Return the places of ``count`` rows of a front by crowding distance, all in order if it has no more."""
    if len(values) <= count:
        return list(range(len(values)))
    places: list[int] = np.argsort(-crowding(values), kind="stable")[:count].tolist()
    return places


def best(
    observations: Sequence[Observation],
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
    losses: Losses | None = None,
) -> list[Observation]:
    """Return the feasible results that none beats.

    With one objective that is the best one (the earliest index of equals); with several the Pareto front, one entry an
    architecture, at most 50 by crowding distance. It is sorted by ``losses``; without these by how well they suit the
    objectives' weights, without these by the first objective. Failed results are never among them.
    """
    fit = _feasible(observations, objectives, constraints)
    if not fit:
        return []
    # By index, not by time of recording: which of two equals is the best must not depend on timing.
    fit.sort(key=lambda o: o.index)
    values = costs(fit, objectives)
    if len(objectives) == 1:
        return [fit[int(np.argmin(values[:, 0]))]]
    first_of: dict[str, int] = {}
    for i in np.flatnonzero(non_dominated(values)).tolist():
        first_of.setdefault(fit[i].candidate.id, i)
    chosen = np.asarray(sorted(first_of.values()))
    suits = losses(values[chosen]) if losses else preference(values[chosen], objectives)
    rank = {i: (suits[place] if suits is not None else 0.0) for place, i in enumerate(chosen.tolist())}
    kept = chosen[_least_crowded(values[chosen], FRONT_LIMIT)].tolist()
    # What suits best must not be thinned out: it is what is retrained first.
    if suits is not None and (first := min(rank, key=rank.__getitem__)) not in kept:
        kept[-1] = first
    return [fit[i] for i in sorted(kept, key=lambda i: (rank[i], tuple(values[i]), fit[i].index))]


def by_merit(
    valid: Sequence[Observation], objectives: Sequence[Objective], constraints: Sequence[Constraint], count: int
) -> Iterator[list[Observation]]:
    """Yield valid results in groups of equals, the best first, until there are at least ``count``.

    Feasible ones come first, front by front (NSGA-II's non-dominated sorting); with one objective a front is the
    results of one value. Then those that break constraints, the least violation first. Within a group they are in the
    order of the history.
    """
    broken = np.array([violation(o.metrics, constraints) for o in valid])
    for group in merit_groups(costs(valid, objectives), broken, count):
        yield [valid[place] for place in group.tolist()]


def merit_groups(values: Floats, broken: Floats, count: int) -> Iterator[NDArray[np.intp]]:
    """Yield the places of :func:`by_merit`; ``values`` (n, objectives), less being better, ``broken``: violations."""
    yielded = 0
    left = np.flatnonzero(broken == 0)  # places of the feasible results
    if values.shape[1] == 1 and len(left) > count:
        # Only those at least as good as the count-th are wanted, and partitioning is cheaper than sorting all.
        left = left[values[left, 0] <= np.partition(values[left, 0], count - 1)[count - 1]]
    for front in fronts(values[left]):
        if yielded >= count:
            return
        yield left[front]
        yielded += len(front)
    # Infeasible results come after all feasible ones (Deb's constrained domination).
    for amount in np.unique(broken[broken > 0]):
        if yielded >= count:
            return
        group = np.flatnonzero(broken == amount)
        yield group
        yielded += len(group)


def best_distinct(
    observations: Sequence[Observation],
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
    count: int,
) -> list[Observation]:
    """Return the ``count`` best feasible results, each architecture once, the best first.

    With several objectives they are of the Pareto front: the least crowded of it, sorted by the first objective, or if
    objectives have weights those that suit these best.
    """
    if len(objectives) > 1:
        front = best(observations, objectives, constraints)
        if any(o.weight is not None for o in objectives):
            return front[:count]
        return [front[i] for i in sorted(_least_crowded(costs(front, objectives), count))]
    fit = _feasible(observations, objectives, constraints)
    order = sorted(zip(costs(fit, objectives)[:, 0], fit, strict=True), key=lambda pair: (pair[0], pair[1].index))
    chosen: dict[str, Observation] = {}
    for _, result in order:
        chosen.setdefault(result.candidate.id, result)
    return list(chosen.values())[:count]


def winner(
    drawn: Sequence[Observation], objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> Observation:
    """Return the winner of a tournament among valid results: the least violation, then the objectives.

    With several objectives the non-dominated ones are left, and of those the least crowded wins, or if
    objectives have weights the one that suits these best; ties go to the younger, which aging evolution has had less
    time to use.
    """
    broken = [violation(o.metrics, constraints) for o in drawn]
    least = [o for o, v in zip(drawn, broken, strict=True) if v == min(broken)]
    values = costs(least, objectives)
    if len(objectives) == 1:
        return min(zip(values[:, 0], least, strict=True), key=lambda pair: (pair[0], -pair[1].sequence))[1]
    front = np.flatnonzero(non_dominated(values))
    suits = preference(values[front], objectives)
    # Greater is better for both: far from the neighbours, or near what the weights ask for.
    distances = crowding(values[front]) if suits is None else -suits
    _, place = max(zip(distances, front, strict=True), key=lambda pair: (pair[0], least[pair[1]].sequence))
    return least[place]

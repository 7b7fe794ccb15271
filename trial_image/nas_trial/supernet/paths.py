"""Paths through a supernet: which architectures are trained on a batch. Pure: from the space and a generator.

A path is an architecture of the space. `nas_trial.supernet.methods` trains along them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision

MOST_VALUES = 32
"""Values of a decision that are gone through; of a range with more only the ends and some between."""

FEW = 4
"""Names among which a decision chooses up to which each is looked at for itself."""
TRIES = 64
"""Draws after which a rule of the space leaves too little of what is allowed."""
MOST_PAIRS = 256
"""Architectures with all pairs of values, at most."""


def values_of(decision: Decision) -> list[str]:
    """Return a decision's values from the least to the greatest, as far as they are numbers; at most `MOST_VALUES`."""
    values = list(itertools.islice(decision.values(), MOST_VALUES)) if decision.count is not None else []
    if decision.count is None or decision.count > MOST_VALUES:
        values = list(dict.fromkeys(decision.at((k + 0.5) / MOST_VALUES) for k in range(MOST_VALUES)))
    try:
        return sorted(values, key=float)
    except ValueError:  # names, which have no order but their own
        return values


def largest(space: SearchSpace, values: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """Return the architecture whose values are all the greatest: the largest network where numbers are sizes.

    ``values``: those of each decision from the least to the greatest; None: :func:`values_of`, where names have no
    order of size.
    """
    return _allowed(space, lambda decision: (values[decision.name] if values else values_of(decision))[-1])


def smallest(space: SearchSpace, values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the architecture whose values are all the least."""
    return _allowed(space, lambda decision: values[decision.name][0])


def covering(space: SearchSpace) -> Iterator[dict[str, str]]:
    """Yield architectures that together have every value of every decision, and more than that.

    Each number, and each of a few names, once while all others are the greatest: only then the layers around it may be
    of their greatest size; and those few names in every combination. Of decisions of one part of the network every pair
    of values: operations are known by what they do and what they read. What the space's rule refuses is left out.
    """
    for decision in space.decisions:
        alone = is_numeric(decision) or len(values_of(decision)) <= FEW
        for needed in _settings(space, decision) if alone else ():
            yield from _unless_refused(space, lambda each, needed=needed: needed.get(each.name) or values_of(each)[-1])  # type: ignore[misc]
    few = [decision for decision in space.decisions if not is_numeric(decision) and len(values_of(decision)) <= FEW]
    for values in itertools.islice(itertools.product(*map(values_of, few)), MOST_PAIRS):
        chosen = dict(zip((decision.name for decision in few), values, strict=True))
        yield from _unless_refused(space, lambda each, chosen=chosen: chosen.get(each.name) or values_of(each)[-1])  # type: ignore[misc]
    yield from _pairs(space)


def _pairs(space: SearchSpace) -> Iterator[dict[str, str]]:
    """Yield architectures with every pair of values of two decisions of one part of the network."""
    place: dict[str, int] = {}
    counts: dict[str, list[int]] = {}
    for decision in space.decisions:
        group = counts.setdefault(_part(decision), [])
        place[decision.name] = len(group)
        group.append(len(values_of(decision)))
    for k in range(min(MOST_PAIRS, max(math.prod(sorted(group)[-2:]) for group in counts.values()))):

        def value(decision: Decision, k: int = k) -> str:
            values = values_of(decision)
            # The first of a part goes through its values; the others too, one further each time that it is through.
            shift = k // counts[_part(decision)][0] if place[decision.name] else 0
            return values[(k + place[decision.name] * shift) % len(values)]

        yield from _unless_refused(space, value)


def _part(decision: Decision) -> str:
    """Return the part of the network that a decision is about: its name up to the last dot."""
    return decision.name.rpartition(".")[0] or decision.name


def fair(space: SearchSpace, rng: np.random.Generator) -> list[dict[str, str]]:
    """Return paths of which together have every value of every decision equally often, as far as it applies.

    As many as the decision with the most values has: each value of that one is in one path (strict fairness, Chu et
    al. 2021, arXiv:1907.01845, section 4.1); of decisions with fewer values each is in as many paths, or one more.
    """
    orders: dict[str, list[str]] = {}
    count = max(len(values_of(decision)) for decision in space.open)
    for decision in space.open:
        values: list[str] = []
        while len(values) < count:
            values += rng.permutation(values_of(decision)).tolist()
        orders[decision.name] = values
    paths = [space.complete(lambda decision, k=k: orders[decision.name][k]) for k in range(count)]  # type: ignore[misc]
    # A rule of the space is about all decisions together: what breaks it is drawn anew.
    return [path if space.fault(path) is None else space.sample(rng) for path in paths]


def among(space: SearchSpace, allowed: Mapping[str, Sequence[str]], rng: np.random.Generator) -> dict[str, str]:
    """Draw an architecture uniformly, each decision among its ``allowed`` values.

    Where the space's rule refuses so many draws, it is any architecture of the space.
    """
    for _ in range(TRIES):
        drawn = space.complete(lambda decision: str(rng.choice(np.array(allowed[decision.name]))))
        if space.fault(drawn) is None:
            return drawn
    return space.sample(rng)


def _allowed(space: SearchSpace, choose: Callable[[Decision], str]) -> dict[str, str]:
    chosen = space.complete(choose)
    # A space whose rule refuses that has no sizes: any of its architectures will do.
    return chosen if space.fault(chosen) is None else space.sample(np.random.default_rng(0))


def _settings(space: SearchSpace, decision: Decision) -> Iterator[dict[str, str]]:
    """Yield each value of a decision, with what has to be decided so that it applies."""
    condition = decision.when
    parents: list[dict[str, str]] = [{}]
    if condition is not None:
        parent = next(one for one in space.decisions if one.name == condition.decision)
        parents = [each for each in _settings(space, parent) if each[parent.name] in condition.values]
    for needed in parents:
        for value in values_of(decision):
            yield {**needed, decision.name: value}


def _unless_refused(space: SearchSpace, choose: Callable[[Decision], str]) -> Iterator[dict[str, str]]:
    chosen = space.complete(choose)
    if space.fault(chosen) is None:
        yield chosen


def is_numeric(decision: Decision) -> bool:
    """Return whether all values of a decision are numbers, which are sizes then."""
    try:
        return all(float(value) >= 0 for value in values_of(decision))
    except ValueError:
        return False

"""Maximises the acquisition function by a local search with many starts.

It starts from random candidates, to explore, and from the neighbours of the best results, to exploit; then it goes on
to the neighbours of the candidates of greatest acquisition until none is greater. It needs only draws and neighbours,
so it works in every space, with any mixture of decisions.

Reference: White, Nolen & Savani, "Exploring the Loss Landscape in Neural Architecture Search", UAI 2021,
arXiv:2005.02960 (local search on architectures).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nas_core.spaces import Architecture, SearchSpace
from nas_search.ranking import Floats

RANDOM_STARTS = 256
"""Random candidates that the search starts from."""
MOST_NEIGHBOURS = 256
"""Neighbours that are evaluated in one round; of more a random part."""
LEADERS = 8
"""Candidates of greatest acquisition whose neighbours are evaluated in the next round."""
ROUNDS = 6
"""Most rounds, so that an ask takes bounded time."""

Acquisition = Callable[[Sequence[Architecture]], Floats]
"""Gives the acquisition of candidates, shape (candidates,)."""


def maximise(
    acquisition: Acquisition,
    space: SearchSpace,
    best: Sequence[Architecture],
    rng: np.random.Generator,
    starts: Sequence[Architecture] = (),
) -> list[Architecture]:
    """Return all candidates that were evaluated, by falling acquisition.

    Args:
        acquisition: what is maximised.
        space: where.
        best: results whose neighbours the search starts from.
        rng: draws the other starts and, where there are too many neighbours, some of them.
        starts: more candidates to start from.
    """
    evaluated: dict[str, tuple[float, Architecture]] = {}

    def evaluate(candidates: Sequence[Architecture]) -> bool:
        """Evaluate those that are new; return whether one is better than all before."""
        new = {key: candidate for candidate in candidates if (key := _key(candidate)) not in evaluated}
        if not new:
            return False
        # Compared before the new ones are entered: the search ends with the first round that improves nothing.
        record = max((value for value, _ in evaluated.values()), default=-np.inf)
        values = acquisition(list(new.values())).tolist()
        evaluated.update(zip(new, zip(values, new.values(), strict=True), strict=True))
        return bool(max(values) > record)

    evaluate([space.sample(rng) for _ in range(RANDOM_STARTS)] + _neighbours(space, best, rng) + list(starts))
    for _ in range(ROUNDS):
        leaders = sorted(evaluated.values(), key=lambda pair: -pair[0])[:LEADERS]
        if not evaluate(_neighbours(space, [candidate for _, candidate in leaders], rng)):
            break
    return [candidate for _, candidate in sorted(evaluated.values(), key=lambda pair: -pair[0])]


def _neighbours(space: SearchSpace, centres: Sequence[Architecture], rng: np.random.Generator) -> list[Architecture]:
    near: list[Architecture] = [neighbour for centre in centres for neighbour in space.neighbours(centre)]
    if len(near) <= MOST_NEIGHBOURS:
        return near
    return [near[place] for place in rng.choice(len(near), MOST_NEIGHBOURS, replace=False)]


def _key(values: Architecture) -> str:
    return ";".join(f"{name}={value}" for name, value in values.items())

"""Where the acquisition is greatest: a local search over the space that begins at many places.

It begins at random candidates, for what nobody has seen yet, and at the neighbours of the best results, for what is
likely good; then the neighbours of the most promising are looked at, until none promises more. Only what a space gives
is used (draws, neighbours), so it works in all of them, with any mixture of decisions.

Reference: White, Nolen & Savani, "Exploring the Loss Landscape in Neural Architecture Search", UAI 2021,
arXiv:2005.02960 (local search on architectures).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nas_core.spaces import Architecture, SearchSpace
from nas_search.ranking import Floats

RANDOM = 256
"""Candidates drawn at the beginning, and …"""
NEAR = 256
"""… neighbours looked at in one round."""
FOLLOWED = 8
"""The most promising, whose neighbours are looked at next."""
ROUNDS = 6

Score = Callable[[Sequence[Architecture]], Floats]


def promising(
    space: SearchSpace,
    best: Sequence[Architecture],
    score: Score,
    rng: np.random.Generator,
    also: Sequence[Architecture] = (),
) -> list[Architecture]:
    """Return candidates, the most promising first.

    ``best`` are results to begin at, ``score`` is the acquisition, ``also`` others that may be promising.
    """
    found: dict[str, tuple[float, Architecture]] = {}

    def look(candidates: Sequence[Architecture]) -> bool:
        """Score those that are new; tell whether one is more promising than all before."""
        new = {key: one for one in candidates if (key := _key(one)) not in found}
        if not new:
            return False
        record = max((value for value, _ in found.values()), default=-np.inf)
        scores = score(list(new.values())).tolist()
        found.update(zip(new, zip(scores, new.values(), strict=True), strict=True))
        return bool(max(scores) > record)

    look([space.sample(rng) for _ in range(RANDOM)] + _neighbours(space, best, rng) + list(also))
    for _ in range(ROUNDS):
        leaders = sorted(found.values(), key=lambda pair: -pair[0])[:FOLLOWED]
        if not look(_neighbours(space, [one for _, one in leaders], rng)):
            break
    return [one for _, one in sorted(found.values(), key=lambda pair: -pair[0])]


def _neighbours(space: SearchSpace, centres: Sequence[Architecture], rng: np.random.Generator) -> list[Architecture]:
    near: list[Architecture] = [one for centre in centres for one in space.neighbours(centre)]
    if len(near) <= NEAR:
        return near
    return [near[place] for place in rng.choice(len(near), NEAR, replace=False)]


def _key(values: Architecture) -> str:
    return ";".join(f"{name}={value}" for name, value in values.items())

"""Parents that people pin: a quarter of the candidates are mutants of these, whatever the strategy would choose.

Works in front of any strategy (`nas_search.guided`), which chooses the other candidates and learns from all.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_core.spaces import SearchSpace
from nas_search.strategy import candidate_of

SHARE = 0.25
"""Of the candidates: the strategy keeps most, since whoever pins a parent may be wrong."""
TRIES = 16
"""Mutants that are drawn before it is the strategy's turn: all near a parent may have been tried."""


def pinned_child(
    parents: Collection[int],
    space: SearchSpace,
    history: History,
    taken: AbstractSet[str],
    rng: np.random.Generator,
) -> CandidateSpec | None:
    """Return a mutant of one of some candidates, by their indices, that has a result; None if it is not their turn.

    The mutant is in the part of the space that is left, its id not among ``taken``.
    """
    if not parents or rng.random() >= SHARE:
        return None
    # By index: with rungs a candidate has several results.
    known = {seen.index: seen.candidate for seen in history.observations if seen.metrics is not None}
    there = sorted(index for index in parents if index in known)
    for _ in range(TRIES if there else 0):
        index = there[rng.integers(len(there))]
        parent = known[index]
        child = space.mutate(space.join(parent.architecture, parent.hyperparameters), rng)
        if not space.outside(child) and space.canonical_id(child) not in taken:
            return candidate_of(space, child, "Mutation", [index])
    return None

"""Which architectures the table has: most drawn uniformly, some known to be strong, so that its top is filled.

`ground_truth` trains them. A choice depends on its numbers and the seed alone. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import Architecture, get_space

SPACE = SearchSpaceSpec(name="nas-bench-201", width=8, depth=1)
"""NAS-Bench-201's cells in a small network: one cell a stage, at 8, 16 and 32 channels."""
STRONGEST, ALSO_STRONG = "nor_conv_3x3", ("nor_conv_1x1", "skip_connect")
"""Published tables of this space have the first on most edges of their best cells, and the others on some."""
CHANGED = 2
"""Edges that a strong architecture has changed at most."""


@dataclass(frozen=True)
class Chosen:
    """An architecture of the table, and how it came to be there."""

    id: str
    origin: str
    """``random``: drawn uniformly; ``strong``: known to be; ``given``: chosen by a search, and trained for that."""
    architecture: Architecture

    @property
    def text(self) -> str:
        """The published form."""
        return get_space(SPACE).text(self.architecture)


def choose(random: int, strong: int, seed: int) -> list[Chosen]:
    """Return distinct architectures in a random order, so that the first so many are a sample of all.

    Args:
        random: how many are drawn uniformly from the 6,466 distinct ones of the space.
        strong: how many differ from 3x3 convolutions everywhere in two edges at most; the first differs in none.
        seed: of all draws.
    """
    space, rng = get_space(SPACE), np.random.default_rng(seed)
    ids = sorted(space.distinct)
    chosen = {ids[i]: Chosen(ids[i], "random", space.distinct[ids[i]]) for i in rng.permutation(len(ids))[:random]}
    best = {decision.name: STRONGEST for decision in space.decisions}
    edges, changed = list(best), 0
    while len(chosen) < random + strong:
        drawn = {edges[i]: str(rng.choice(ALSO_STRONG)) for i in rng.permutation(len(edges))[:changed]}
        one = best | drawn
        chosen.setdefault(space.canonical_id(one), Chosen(space.canonical_id(one), "strong", one))
        changed = int(rng.integers(1, CHANGED + 1))
    found = list(chosen.values())
    return [found[i] for i in rng.permutation(len(found))]


def given(texts: Iterable[str]) -> list[Chosen]:
    """Return architectures that a search chose, each once, by their published form.

    Raises:
        ArchitectureError: if one is not of the space.
    """
    space = get_space(SPACE)
    found = (space.parse(text) for text in texts)
    by_id = {space.canonical_id(one): one for one in found}
    return [Chosen(each, "given", one) for each, one in by_id.items()]

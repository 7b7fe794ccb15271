"""The part of the space that the table has, as a space that strategies search like any other.

A child that is not in the table is replaced by the one of the table that differs from it in the fewest edges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nas_core.spaces import Architecture
from nas_core.spaces.nas_bench_201 import NasBench201


class TabulatedCells(NasBench201):
    """NAS-Bench-201's cells, of which only some can be drawn."""

    def __init__(self, architectures: Sequence[Architecture]) -> None:
        """Take the architectures that there are."""
        super().__init__()
        self._known = [dict(architecture) for architecture in architectures]
        self._codes = np.array([self._code(one) for one in self._known])  # (architectures, edges)

    @property
    def distinct(self) -> Mapping[str, Architecture]:
        """Those that there are, by id."""
        return {self.canonical_id(one): one for one in self._known}

    def sample(self, rng: np.random.Generator) -> dict[str, str]:
        """Draw one of those that there are."""
        return dict(self._known[rng.integers(len(self._known))])

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return the nearest to a mutant, which is not the architecture itself."""
        return self._nearest(super().mutate(architecture, rng), [architecture], rng)

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return the nearest to a child of two, which is neither of them."""
        return self._nearest(super().crossover(first, second, rng), [first, second], rng)

    def _nearest(
        self, wanted: Architecture, parents: Sequence[Architecture], rng: np.random.Generator
    ) -> dict[str, str]:
        differing = (self._codes != self._code(wanted)).sum(axis=1)  # (architectures,)
        for parent in parents:
            differing[(self._codes == self._code(parent)).all(axis=1)] = len(self.edges) + 1
        nearest = np.flatnonzero(differing == differing.min())
        return dict(self._known[nearest[rng.integers(len(nearest))]])

    def _code(self, architecture: Architecture) -> list[int]:
        return [self.operations.index(architecture[edge]) for edge in self.edges]

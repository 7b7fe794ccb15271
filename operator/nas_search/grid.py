"""Grid search: every point of a grid once, in an order that is evenly spread wherever the search ends.

A grid that is walked row by row changes only the last decisions, unless the budget suffices for all of it. Here the
candidate of an index is a point of a low-discrepancy sequence (Richtmyer's: multiples of the square roots of primes,
modulo 1, shifted by the seed), with one coordinate a decision. A point that was tried, or that the space's rule
forbids, is replaced by the same index of the sequence under another shift.

References: Richtmyer, "The evaluation of definite integrals, and a quasi-Monte-Carlo method based on the properties of
algebraic numbers", Los Alamos 1951; Bergstra & Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 2012 (why
not row by row).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_core.spaces.decisions import Decision, Real
from nas_search.ranking import Floats
from nas_search.strategy import Strategy

SHIFTS = 64
"""Shifts tried for an index before a random candidate is taken."""


@dataclass(eq=False, repr=False)
class Grid(Strategy):
    """Looks at no results, only at the index and at what was tried."""

    levels: int
    """Values of a real decision on the grid, at equal distances, both ends of its range among them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        roots = np.sqrt(np.fromiter(itertools.islice(_primes(), len(self.space.decisions)), dtype=np.float64))
        self._steps = roots % 1

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return the first point of this index that was not tried."""
        for shift in range(SHIFTS):
            values = self._point(history.next_index, shift)
            # Two points may mean one architecture, and decisions that do not apply make more of them equal.
            if self.space.fault(values) is None and self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Grid")
        return None

    def _point(self, index: int, shift: int) -> dict[str, str]:
        # Each decision steps by another irrational share of its range, so that no two move in step.
        places: Floats = (np.random.default_rng([self.seed, shift]).random(len(self._steps)) + index * self._steps) % 1
        place_of = dict(zip((decision.name for decision in self.space.decisions), places.tolist(), strict=True))
        return self.space.complete(lambda decision: self._value(decision, place_of[decision.name]))

    def _value(self, decision: Decision, place: float) -> str:
        if isinstance(decision, Real):
            place = int(place * self.levels) / (self.levels - 1)
        return decision.at(place)


def _primes() -> Iterator[int]:
    smaller: list[int] = []
    for number in itertools.count(2):
        if all(number % prime for prime in smaller):
            smaller.append(number)
            yield number

"""Regularized (aging) evolution: mutants and crossovers of the winners of tournaments among the youngest results.

The population is the last ``population_size`` valid results, so that the oldest dies as a new one comes in. Beside the
paper's mutants of one winner there are crossovers of two, which are not mutated as well: what both parents share stays,
and the search goes on where the population disagrees. A child that was tried before is drawn again.

Reference: Real, Aggarwal, Huang & Le, "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019,
arXiv:1802.01548.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation
from nas_search.ranking import is_valid, winner
from nas_search.strategy import Strategy

CHILD_TRIES = 16
"""Children drawn before a random architecture is taken instead of one that was tried before."""
CROSSED = 0.5
"""Share of the children that have two parents."""


@dataclass(eq=False, repr=False)
class RegularizedEvolution(Strategy):
    """Aging evolution; with several objectives the tournament is won by non-domination."""

    population_size: int
    sample_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self.enough = self.population_size

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return a child of the winners of tournaments, once the population is filled."""
        # Lazily from the end: of a history of thousands only the last few are looked at.
        newest_first = (o for o in reversed(history.observations) if is_valid(o, self.objectives))
        alive = list(itertools.islice(newest_first, self.population_size))
        # Pending trials count, so that parallel workers do not overfill the first population at random.
        if not alive or len(alive) + len(history.pending) < self.population_size:
            return None
        for _ in range(CHILD_TRIES):
            parents = [self._tournament(alive, rng)]
            if rng.random() < CROSSED:
                parents.append(self._tournament(alive, rng))
            child = self._child(parents, rng)
            if child.id not in taken:
                return child
        return None

    def _child(self, parents: Sequence[Observation], rng: np.random.Generator) -> CandidateSpec:
        """Return the crossover of two parents; the mutant of a single one, or of the same one twice."""
        first, second = parents[0], parents[-1]
        if first.index == second.index:
            return self.candidate(self.space.mutate(self.values(first.candidate), rng), "Mutation", [first.index])
        crossed = self.space.crossover(self.values(first.candidate), self.values(second.candidate), rng)
        return self.candidate(crossed, "Crossover", [first.index, second.index])

    def _tournament(self, alive: Sequence[Observation], rng: np.random.Generator) -> Observation:
        picks = rng.choice(len(alive), size=min(self.sample_size, len(alive)), replace=False)
        return winner([alive[pick] for pick in picks], self.objectives, self.constraints)

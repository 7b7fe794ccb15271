"""Regularized (aging) evolution: mutate the best of a sample of the youngest ``population_size`` results.

Reference: Real, Aggarwal, Huang & Le, "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019,
arXiv:1802.01548. The population is the last results of the history, so that the oldest dies as a new one comes in;
failed results are no members. Without repetition: a mutant that was tried before is drawn again.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_search.history import History, Observation
from nas_search.ranking import is_valid, winner
from nas_search.strategy import Strategy

MUTATION_TRIES = 16
"""Tournaments held before a random architecture is taken instead of a mutant that was tried before."""


@dataclass(eq=False, repr=False)
class RegularizedEvolution(Strategy):
    """Aging evolution; with several objectives the tournament is won by non-domination."""

    name = "regularized-evolution"

    population_size: int
    sample_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self.enough = self.population_size

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return a mutant of a tournament's winner, once the population is filled."""
        newest_first = (o for o in reversed(history.observations) if is_valid(o, self.objectives))
        alive = list(itertools.islice(newest_first, self.population_size))
        if not alive or len(alive) + len(history.pending) < self.population_size:
            return None
        for _ in range(MUTATION_TRIES):
            parent = self._tournament(alive, rng)
            values = self.space.mutate(self.values(parent.candidate), rng)
            if self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Mutation", [parent.index])
        return None

    def _tournament(self, alive: Sequence[Observation], rng: np.random.Generator) -> Observation:
        picks = rng.choice(len(alive), size=min(self.sample_size, len(alive)), replace=False)
        return winner([alive[pick] for pick in picks], self.objectives, self.constraints)

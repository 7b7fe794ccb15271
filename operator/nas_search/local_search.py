"""Local search: try the neighbours of the best result, one after the other; the first that is better takes its place.

When all neighbours of the best have been tried, those of the next best follow, so that no restart forgets what was
found. With several objectives the centres are the Pareto front. Reference: White, Nolen & Savani, "Exploring the Loss
Landscape in Neural Architecture Search", UAI 2021, arXiv:2005.02960; several objectives: Paquete, Chiarandini & Stützle
2004.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_search.history import History, Observation
from nas_search.measured import Measured
from nas_search.strategy import Informed

CENTRES = 32
"""Results whose neighbours are looked at before a random architecture is taken."""


class LocalSearch(Informed):
    """Hill climbing from the best of some random architectures."""

    name = "local-search"

    def choose(
        self, results: Measured, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return an untried neighbour of the best result that has one."""
        for centre in self._centres(results, rng):
            near = list(self.space.neighbours(self.values(centre.candidate)))
            for place in rng.permutation(len(near)):
                if self.space.canonical_id(near[place]) not in taken:
                    return self.candidate(near[place], "Mutation", [centre.index])
        return None

    def _centres(self, results: Measured, rng: np.random.Generator) -> Iterator[Observation]:
        """Yield results, the best first; those that none beats in an order that is drawn."""
        for equals in results.by_merit(CENTRES):
            yield from (equals[place] for place in rng.permutation(len(equals)))

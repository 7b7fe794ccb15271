"""Local search: try the neighbours of the best result, one after the other; the first that is better takes its place.

When all neighbours of the best have been tried it is a local optimum. Most candidates then climb from a random
architecture, and when they arrive from the next; the others are neighbours of the next best results, for where the
measurements are noisy or the landscape is one big valley the best is found near the good. With several objectives the
best are the Pareto front. References: White, Nolen & Savani, "Exploring the Loss Landscape in Neural Architecture
Search", UAI 2021, arXiv:2005.02960; several objectives: Paquete, Chiarandini & Stützle 2004.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation
from nas_search.ranking import by_merit, is_valid
from nas_search.results_matrix import ResultsMatrix
from nas_search.strategy import Informed

CENTRES = 32
"""Next best results whose neighbours are looked at."""
NEXT_BEST = 1 / 3
"""Share of the candidates that are near the next best results once the best is a local optimum."""
Group = Sequence[Observation]
"""Results that are as good as each other."""


class LocalSearch(Informed):
    """Hill climbing from the best of some random architectures, then from others."""

    def choose(
        self, results: ResultsMatrix, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return an untried neighbour of the best, or of a next best or a later climb; None: climb from anywhere."""
        if found := self._near(results.by_merit(1), taken, rng):
            return found
        # Of several workers one starts a climb; the others do not start theirs before they know where it begins.
        starting = any(waiting.candidate.origin == "Random" for waiting in history.pending)
        stays = starting or rng.random() < NEXT_BEST
        if stays and (found := self._near(results.by_merit(CENTRES), taken, rng)):
            return found
        return self._near(self._heights(results.observations), taken, rng)

    def _near(
        self, centres: Iterable[Group], taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return an untried neighbour of the first centre that has one; of equal ones the first is drawn."""
        for equals in centres:
            for place in rng.permutation(len(equals)):
                centre = equals[place]
                near = list(self.space.neighbours(self.values(centre.candidate)))
                for which in rng.permutation(len(near)):
                    if self.space.canonical_id(near[which]) not in taken:
                        return self.candidate(near[which], "Mutation", [centre.index])
        return None

    def _heights(self, observations: Sequence[Observation]) -> Iterable[Group]:
        """Yield the best of the last climb: of the last random candidate and all that descends from it."""
        climb: list[Observation] = []
        for result in reversed(observations):
            if is_valid(result, self.objectives):
                climb.append(result)
                if result.candidate.origin == "Random":
                    break
        else:
            return
        lineage = {climb[-1].index}
        for result in reversed(climb):
            if lineage.intersection(result.candidate.parents):
                lineage.add(result.index)
        own = [result for result in reversed(climb) if result.index in lineage]
        yield from by_merit(own, self.objectives, self.constraints, 1)

"""Local search: hill climbing from the best result, then from other places.

The neighbours of the incumbent are tried one after the other; the first that is better becomes the incumbent. When all
are tried it is a local optimum. Two thirds of the next candidates then climb from a random architecture; the others are
neighbours of the next best results, since with noisy measurements, or in a landscape of one big valley, the best is
near the good. With several objectives the incumbents are the Pareto front.

References: White, Nolen & Savani, "Exploring the Loss Landscape in Neural Architecture
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
"""Next best results whose neighbours are tried."""
NEXT_BEST = 1 / 3
"""Share of the candidates that are neighbours of the next best results, once the incumbent is a local optimum."""
Equals = Sequence[Observation]
"""Results that are as good as each other."""


class LocalSearch(Informed):
    """Hill climbing from the best of some random architectures, then from others."""

    def choose(
        self, results: ResultsMatrix, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return an untried neighbour of the incumbent, of a next best result or of a later climb.

        None starts a new climb: the random candidate that follows is its beginning.
        """
        if neighbour := self._near(results.by_merit(1), taken, rng):
            return neighbour
        # Of several workers one starts a climb; the others do not start theirs before they know where it begins.
        starting = any(waiting.candidate.origin == "Random" for waiting in history.pending)
        stays = starting or rng.random() < NEXT_BEST
        if stays and (neighbour := self._near(results.by_merit(CENTRES), taken, rng)):
            return neighbour
        return self._near(self._last_climb(results.observations), taken, rng)

    def _near(
        self, centres: Iterable[Equals], taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return an untried neighbour of the first centre that has any; among equal centres chance decides."""
        for equals in centres:
            # Of a plateau every centre is as good, and always the first would search only one side of it.
            for place in rng.permutation(len(equals)):
                centre = equals[place]
                near = list(self.space.neighbours(self.values(centre.candidate)))
                for which in rng.permutation(len(near)):
                    if self.space.canonical_id(near[which]) not in taken:
                        return self.candidate(near[which], "Mutation", [centre.index])
        return None

    def _last_climb(self, observations: Sequence[Observation]) -> Iterable[Equals]:
        """Yield the best of the last climb: of the last random candidate and all that descends from it."""
        climb: list[Observation] = []
        # Back to the random candidate that the last climb started from; without any there was no climb.
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
        # Neighbours of other centres may have been recorded in between.
        descendants = [result for result in reversed(climb) if result.index in lineage]
        yield from by_merit(descendants, self.objectives, self.constraints, 1)

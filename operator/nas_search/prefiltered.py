"""Any strategy behind a prefilter: the best candidates by zero-cost scores are trained first.

What is known to break a constraint is never tried. With random search behind it, and as many kept as were scored, this
is zero-cost search: rank, then train in order. References: those of `nas_search.scoring`.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Scored
from nas_core.objectives import known_to_break
from nas_search.scoring import Scoring, ranked
from nas_search.strategy import Strategy


class Prefiltered(Strategy):
    """Another strategy, after the best scored candidates."""

    def __init__(self, after: Strategy, scoring: Scoring) -> None:
        """Go on as ``after`` when the kept candidates have been tried."""
        super().__init__(after.problem, after.seed)
        self._after, self._scoring, self.enough = after, scoring, after.enough
        self._scores: tuple[Scored, ...] = ()
        self._kept: list[CandidateSpec] = []
        self._refused: frozenset[str] = frozenset()

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return the best kept candidate that was not tried, then what the other strategy proposes."""
        self._look_at(history.scores)
        for kept in self._kept:
            if kept.id not in taken:
                # Made anew, since a scored candidate says of itself that it was drawn at random.
                return self.candidate(self.values(kept), "Score")
        return self._after.propose(history, taken | self._refused, rng)

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Draw among what is neither taken nor known to be refused."""
        return super().untried(taken | self._refused, rng)

    def _look_at(self, scores: tuple[Scored, ...]) -> None:
        if scores is self._scores:
            return
        best = ranked(scores, self._scoring.proxies, self.constraints)
        self._scores, self._kept = scores, [score.candidate for score in best[: self._scoring.keep]]
        broken = (score for score in scores if known_to_break(score.metrics, self.constraints))
        self._refused = frozenset(score.candidate.id for score in broken)

"""Any strategy behind a prefilter: the best candidates by zero-cost scores are trained first.

A few random ones of those that were scored are trained before the best, so that results can tell whether the scores are
worth anything; if they are not, the strategy goes on at once (`score_agreement`). What is known to break a constraint
is never tried. With random search behind it, and as many kept as were scored, this is zero-cost search: rank, then
train in order.
References: those of `nas_search.scoring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec, Origin
from nas_core.history import History, Scored
from nas_core.objectives import known_to_break
from nas_search.predictors.worth import Worth
from nas_search.score_agreement import ScoreAgreement
from nas_search.scoring import Scoring, ranked
from nas_search.strategy import Strategy


class Prefiltered(Strategy):
    """Another strategy, after the best scored candidates."""

    def __init__(self, after: Strategy, scoring: Scoring) -> None:
        """Go on as ``after`` when the kept candidates have been tried, or the scores have proved worthless."""
        super().__init__(after.problem, after.seed)
        self._after, self._scoring, self.enough = after, scoring, after.enough
        self._agreement = ScoreAgreement(self.objectives)
        self._scores: tuple[Scored, ...] = ()
        self._order: list[tuple[CandidateSpec, Origin]] = []
        self._refused: frozenset[str] = frozenset()

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return the best kept candidate that was not tried, then what the other strategy proposes."""
        self._look_at(history.scores)
        if not self._agreement.contradicted(history):
            for one, origin in self._order:
                if one.id not in taken:
                    # Made anew, since a scored candidate says of itself that it was drawn at random.
                    return self.candidate(self.values(one), origin)
        return self._after.propose(history, taken | self._refused, rng)

    def surrogate(self, history: History) -> Worth | None:
        """Return what it is worth in the other strategy."""
        return self._after.surrogate(history)

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Draw among what is neither taken nor known to be refused."""
        return super().untried(taken | self._refused, rng)

    def _look_at(self, scores: tuple[Scored, ...]) -> None:
        if scores is self._scores:
            return
        best = ranked(scores, self._scoring.proxies, self.constraints)
        self._scores, self._order = scores, _mixed(best, self._scoring, scores)
        broken = (score for score in scores if known_to_break(score.metrics, self.constraints))
        self._refused = frozenset(score.candidate.id for score in broken)


def _mixed(best: Sequence[Scored], scoring: Scoring, drawn: Sequence[Scored]) -> list[tuple[CandidateSpec, Origin]]:
    """Return what is trained first: a few random ones, then the best.

    ``best`` are usable, the best first; ``drawn`` all, in the order of drawing, which is random.
    """
    kept = best[: scoring.keep]
    # Of zero-cost search all are kept.
    usable = {one.candidate.id for one in (best[scoring.keep :] or kept)}
    first = [one for one in drawn if one.candidate.id in usable][: scoring.random]
    apart = {one.candidate.id for one in first}
    return [
        *((one.candidate, "Random") for one in first),
        *((one.candidate, "Score") for one in kept if one.candidate.id not in apart),
    ]

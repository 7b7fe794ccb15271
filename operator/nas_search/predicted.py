"""Any strategy behind a predictor: of several candidates that it proposes, the one that is predicted best is next.

The predictor learns from the search's own results, anew as they come in. It is used only while it ranks results that it
was not fitted to (`predictors.held_out`); else, and before there are enough results, the strategy decides alone.

References: Wei et al., "NPENAS: Neural Predictor Guided Evolution for NAS", IEEE TNNLS 2022, arXiv:2003.12857
(evolution whose children a predictor chooses among); Wen et al., "Neural Predictor for Neural Architecture Search",
ECCV 2020, arXiv:1912.00848 (of random candidates the best predicted are trained).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.evaluation import Evaluation, PredictorName
from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Scored
from nas_core.objectives import bounds_of
from nas_search.predictors.features import Features
from nas_search.predictors.held_out import Checked, HeldOut, fit_checked
from nas_search.predictors.kinds import PREDICTORS
from nas_search.predictors.prior import Prior
from nas_search.predictors.results_used import Places, fitted_to, subset
from nas_search.predictors.warp import by_rank, by_rank_and_value, place_of
from nas_search.ranking import Floats, merit_groups
from nas_search.results_matrix import ResultsMatrix
from nas_search.score_agreement import ScoreAgreement
from nas_search.strategy import Strategy

RESULTS_USED = 128
"""Most results that a predictor is fitted to; half of them the best."""
FITS_KEPT = 16
"""Fitted predictors that are remembered: of each objective and constraint the last."""


@dataclass(frozen=True)
class Prediction:
    """What a search asks for (`evaluation.prefilter.predictor`)."""

    model: PredictorName
    after: int
    """Valid results before it is fitted."""
    candidates: int
    """Proposals of the strategy from which it chooses."""


def prediction_of(evaluation: Evaluation) -> Prediction | None:
    """Return the predictor that a search asks for; None: none."""
    asked = evaluation.prefilter.predictor if evaluation.prefilter else None
    return Prediction(asked.model, asked.after, asked.candidates) if asked else None


class Predicted(Strategy):
    """Another strategy, with a predictor that chooses among what it proposes."""

    def __init__(self, after: Strategy, asked: Prediction) -> None:
        """Choose among the proposals of ``after``."""
        super().__init__(after.problem, after.seed)
        self._after, self._asked, self.enough = after, asked, after.enough
        self._results = ResultsMatrix(self.problem)
        self._agreement = ScoreAgreement(self.objectives)
        self._features = Features(self.space)
        self._scores: tuple[Scored, ...] = ()
        self._prior = Prior(self.space, self._features, ())
        self._fits: dict[bytes, Checked] = {}

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return the best predicted of several proposals; without a predictor that ranks the only one."""
        predictors = self._fit(history)
        if not predictors or not all(one.held_out.ranks for one in predictors):
            return self._after.propose(history, taken, rng)
        proposals: list[CandidateSpec] = []
        known = set(taken)
        for _ in range(self._asked.candidates):
            # Each proposal counts as tried for the next one.
            one = self._after.propose(history, known, rng) or self._after.untried(known, rng)
            if one is None:
                break
            proposals.append(one)
            known.add(one.id)
        if not proposals:
            return None
        rows = self._rows(proposals)
        costs = -np.stack([one.predict(rows)[0] for one in predictors], 1)
        best = next(iter(merit_groups(costs, self._broken(rows), 1)))
        return proposals[int(best[0])]

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Draw as the strategy does."""
        return self._after.untried(taken, rng)

    def surrogate(self, history: History) -> HeldOut | None:
        """Return what the predictor of the objective that it ranks worst is worth; None before there is one."""
        found = [one.held_out for one in self._fit(history)]
        return min(found, key=lambda one: -1.0 if one.interval is None else one.interval[0], default=None)

    def _fit(self, history: History) -> list[Checked]:
        """Return a predictor of each objective; none before there are enough results."""
        self._results.look(history.observations)
        valid = self._results.valid
        if len(valid) < max(self._asked.after, 1):
            return []
        self._look_at(history)
        # The first of them only, so that most results do not change the predictor.
        first = valid[: fitted_to(len(valid))]
        return [self._fit_one(first, -column, by_rank_and_value) for column in self._results.costs[first].T]

    def _fit_one(self, places: Places, values: Floats, warp: Callable[[Floats], Floats]) -> Checked:
        used = subset(values, RESULTS_USED)
        rows = self._rows([self._results.observations[place].candidate for place in places[used].tolist()])
        warped = warp(values)[used]
        # By content: what was fitted to another history is never taken.
        key = hashlib.blake2b(rows.tobytes() + warped.tobytes()).digest()
        if key not in self._fits:
            while len(self._fits) >= FITS_KEPT:
                self._fits.pop(next(iter(self._fits)))
            predictor = PREDICTORS[self._asked.model](self._features.owners, self._prior.proxies)
            self._fits[key] = fit_checked(predictor, rows, warped)
        return self._fits[key]

    def _broken(self, rows: Floats) -> Floats:
        """Return by how much candidates are expected to break the constraints, shape (candidates,)."""
        broken = np.zeros(len(rows))
        for constraint, metric in zip(self.constraints, self._results.constrained.T, strict=True):
            known = np.flatnonzero(np.isfinite(metric))
            known = known[: fitted_to(len(known))] if len(known) else known
            if len(known) < max(self._asked.after, 1):
                continue
            expected, _ = self._fit_one(known, metric[known], by_rank).predict(rows)
            low, high = (
                place_of(bound, metric[known]) if math.isfinite(bound) else bound for bound in bounds_of(constraint)
            )
            broken += np.maximum(low - expected, 0.0) + np.maximum(expected - high, 0.0)
        return broken

    def _look_at(self, history: History) -> None:
        # With several objectives nobody knows which of them a score predicts.
        useful = len(self.objectives) == 1 and not self._agreement.contradicted(history)
        scores = history.scores if useful else ()
        if scores is not self._scores:
            self._scores, self._prior = scores, Prior(self.space, self._features, scores)

    def _rows(self, candidates: Sequence[CandidateSpec]) -> Floats:
        """Return the features of candidates, and behind them the quantiles of their scores; (candidates, columns)."""
        rows = self._features.remembered(candidates)
        if not self._prior.proxies:
            return rows
        return np.hstack([rows, self._prior.columns([self.values(one) for one in candidates], rows)])

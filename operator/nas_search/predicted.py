"""Any strategy behind a predictor: of several candidates that it proposes, the one that is predicted best is next.

The predictor learns from the search's own results, anew as they come in, and from those of earlier searches if it has
any (`predictors.transfer`). It is used only while it ranks results that it was not fitted to (`predictors.held_out`);
else, and before there are enough results, the strategy decides alone.

References: Wei et al., "NPENAS: Neural Predictor Guided Evolution for NAS", IEEE TNNLS 2022, arXiv:2003.12857
(evolution whose children a predictor chooses among); Wen et al., "Neural Predictor for Neural Architecture Search",
ECCV 2020, arXiv:1912.00848 (of random candidates the best predicted are trained).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.evaluation import Evaluation
from nas_core.api.predictor import PredictorName
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, History, Scored
from nas_core.objectives import bounds_of, costs_of
from nas_search.predictors.features import Features
from nas_search.predictors.held_out import Checked, fit_checked
from nas_search.predictors.kinds import PREDICTORS
from nas_search.predictors.prior import Prior
from nas_search.predictors.results_used import Places, content_key, fitted_to, subset
from nas_search.predictors.transfer import EarlierPredictor, alone, columns, judged
from nas_search.predictors.warp import by_rank, by_rank_and_value, place_of
from nas_search.predictors.worth import SourceWorth, Worth, worst
from nas_search.ranking import Floats, merit_groups
from nas_search.results_matrix import ResultsMatrix
from nas_search.score_agreement import ScoreAgreement
from nas_search.strategy import Strategy

RESULTS_USED = 128
"""Most results that a predictor is fitted to; half of them the best."""
FITS_KEPT = 64
"""Fitted predictors that are remembered: of each objective and constraint the last, of each earlier search its own."""


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


@dataclass(frozen=True)
class _Predictor:
    """The predictor of one objective."""

    checked: Checked
    width: int
    """Columns of the features; behind them are those of proxies."""
    earlier: Sequence[EarlierPredictor] = ()
    """What it has as inputs beside them."""
    objective: int = 0

    def predict(self, rows: Floats) -> Floats:
        """Return what is expected of candidates, ``rows`` (n, columns) being their features and scores; shape (n,)."""
        said = columns(self.earlier, self.objective, rows[:, : self.width])
        return self.checked.predict(np.hstack([rows, said]))[0]


@dataclass(frozen=True)
class _Fit:
    """What is known of candidates by a history."""

    predictors: Sequence[_Predictor]
    """One an objective, or none."""
    sources: tuple[SourceWorth, ...] = ()
    from_earlier: bool = False
    """Whether the predictors are those of earlier searches alone."""


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
        predictors = self._fit(history).predictors
        if not predictors or not all(one.checked.held_out.ranks for one in predictors):
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
        costs = -np.stack([one.predict(rows) for one in predictors], 1)
        best = next(iter(merit_groups(costs, self._broken(rows), 1)))
        return proposals[int(best[0])]

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Draw as the strategy does."""
        return self._after.untried(taken, rng)

    def surrogate(self, history: History) -> Worth | None:
        """Return what the predictor of the objective that it ranks worst is worth; None before there is anything."""
        found = self._fit(history)
        if not found.predictors and not found.sources:
            return None
        held_out = worst([one.checked.held_out for one in found.predictors]) if found.predictors else None
        return Worth(held_out, found.sources, found.from_earlier)

    def _fit(self, history: History) -> _Fit:
        """Return a predictor of each objective; none before there are enough results, unless earlier ones say much."""
        self._results.look(history.observations)
        valid = self._results.valid
        if len(valid) >= self._asked.after or history.earlier:
            self._look_at(history)
        # The first of them only, so that most results do not change the predictor.
        first = valid[: fitted_to(len(valid))] if len(valid) else valid
        judged = [self._earlier(one, first) for one in history.earlier]
        sources, used = tuple(one.worth for one in judged), [one for one in judged if one.worth.used]
        objectives = range(len(self.objectives))
        own: list[_Predictor] = []
        if len(valid) >= max(self._asked.after, 1):
            own = [self._own(first, objective, used) for objective in objectives]
            if all(one.checked.held_out.ranks for one in own):
                return _Fit(own, sources)
        if used:
            return _Fit([_Predictor(alone(used, k), len(self._features.owners)) for k in objectives], sources, True)
        return _Fit(own, sources)

    def _own(self, places: Places, objective: int, earlier: Sequence[EarlierPredictor]) -> _Predictor:
        """Return a predictor fitted to the search's own results, at some places."""
        values = -self._results.costs[places][:, objective]
        used = subset(values, RESULTS_USED)
        rows = self._rows(self._candidates(places[used]))
        width = len(self._features.owners)
        rows = np.hstack([rows, columns(earlier, objective, rows[:, :width])])
        inputs = self._prior.proxies + len(earlier)
        return _Predictor(self._checked(rows, by_rank_and_value(values)[used], inputs), width, earlier, objective)

    def _earlier(self, earlier: Earlier, places: Places) -> EarlierPredictor:
        """Return what an earlier search predicts, compared with the search's own results at some places."""
        costs = np.array([costs_of(one.metrics, self.objectives) for one in earlier.results])
        fits = []
        for values in -costs.T:
            used = subset(values, RESULTS_USED)
            rows = self._features.remembered([earlier.results[place].candidate for place in used.tolist()])
            fits.append(self._checked(rows, by_rank_and_value(values)[used], 0))
        # As many of the own results as a predictor is fitted to: more would say nothing new.
        compared = places[subset(-self._results.costs[places][:, 0], RESULTS_USED)]
        rows = self._features.remembered(self._candidates(compared))
        return judged(earlier.source, fits, rows, -self._results.costs[compared])

    def _candidates(self, places: Places) -> list[CandidateSpec]:
        return [self._results.observations[place].candidate for place in places.tolist()]

    def _fit_one(self, places: Places, values: Floats, warp: Callable[[Floats], Floats]) -> Checked:
        used = subset(values, RESULTS_USED)
        return self._checked(self._rows(self._candidates(places[used])), warp(values)[used], self._prior.proxies)

    def _checked(self, rows: Floats, values: Floats, inputs: int) -> Checked:
        """Return a predictor that is fitted to results; ``rows`` have columns of so many inputs behind the features."""
        key = content_key(rows, values)
        if key not in self._fits:
            while len(self._fits) >= FITS_KEPT:
                self._fits.pop(next(iter(self._fits)))
            predictor = PREDICTORS[self._asked.model](self._features.owners, inputs)
            self._fits[key] = fit_checked(predictor, rows, values)
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

"""Bayesian optimisation: a Gaussian process over all results, and the candidate of greatest expected improvement.

After an initial design of candidates far from each other (`initial_design`), each candidate maximises the acquisition
function: the expected improvement (`acquisition`), or that improvement for its price. The surrogate is the Gaussian
process of `nas_search.predictors`, with its features and warps; `posteriors` has one for every objective, constraint
and the price, pending candidates included; `acquisition_search` does the maximising.

Zero-cost scores, and results of earlier searches that it begins with (`nas_search.warm_started`), are inputs of the
Gaussian process beside the features, with a slope that is learned (`predictors.prior`): so they count for most while
there are few results, and for ever less afterwards.

The surrogate is judged on held-out results (`predictors.held_out`). While it does not rank them its choices are no
better than random ones, and may stay around one place; so half of the candidates are random then.

References: Jones, Schonlau & Welch 1998 (expected improvement); Hutter, Hoos & Leyton-Brown, "Sequential Model-Based
Optimization for General Algorithm Configuration", LION 2011 (every second candidate is random); Snoek, Larochelle &
Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", NeurIPS 2012, arXiv:1206.2944 (improvement per
second); Kandasamy et al., "Neural Architecture Search with Bayesian Optimisation and Optimal Transport", NeurIPS 2018,
arXiv:1802.07191; White, Neiswanger & Savani, "BANANAS", AAAI 2021, arXiv:1910.11858.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, History, Observation, Scored
from nas_core.spaces import Architecture
from nas_search.bayesian.acquisition_search import maximise
from nas_search.bayesian.initial_design import DRAWN, farthest
from nas_search.bayesian.posteriors import PosteriorFitter
from nas_search.predictors.features import Features
from nas_search.predictors.held_out import HeldOut
from nas_search.predictors.prior import Prior, Priors, as_scores
from nas_search.predictors.results_used import Places
from nas_search.predictors.worth import Worth
from nas_search.ranking import Floats
from nas_search.results_matrix import ResultsMatrix
from nas_search.strategy import Informed

BEST_STARTS = 5
"""Best results whose neighbours the acquisition search starts from."""
JUDGED_FROM = 20
"""Results with a value of every objective before the surrogate is judged: of fewer the interval is too wide."""
EXPLORED = 1 / 2
"""Share of the candidates that are random ones while the surrogate does not rank."""


@dataclass(eq=False, repr=False)
class Bayesian(Informed):
    """A Gaussian process over candidates and expected improvement."""

    cost_metric: str | None = None
    """The metric of a result's price, in any unit; None: all cost the same."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._results = ResultsMatrix(self.problem, self.cost_metric)
        self._features = Features(self.space)
        self._scores: tuple[Scored, ...] = ()
        self._earlier: tuple[Earlier, ...] = ()
        self._prior = Priors(())
        self._fitter = PosteriorFitter(self._features, self.problem)

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return a candidate of the initial design, then the one of greatest acquisition."""
        return super().propose(history, taken, rng) or self._of_initial_design(history, taken, rng)

    def choose(
        self, results: ResultsMatrix, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return the candidate of greatest acquisition that was not tried."""
        judged = self._judge(history)
        # Nothing is drawn while it ranks: its decisions are those of a surrogate that nobody judges.
        if judged and not judged.ranks and rng.random() < EXPLORED:
            return self.untried(taken, rng)
        pending = self._remembered([p.candidate for p in history.pending])
        posteriors = self._fitter.fit(results, self._rows_at, pending)
        ranked = maximise(
            lambda candidates: posteriors.acquisition(self._rows(candidates, self._features.rows(candidates))),
            self.space,
            [self.values(result.candidate) for result in self._best(results)],
            rng,
            self._prior.best_scored,
        )
        for values in ranked:
            if self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Model")
        return None

    def surrogate(self, history: History) -> Worth | None:
        """Return what the Gaussian process is worth, of several objectives on the worst; None of too few results."""
        self._results.look(history.observations)
        judged = self._judge(history)
        return Worth(judged) if judged else None

    def _judge(self, history: History) -> HeldOut | None:
        self._look_at(() if self._agreement.contradicted(history) else history.scores, history.prior)
        if len(self._results.valid) < JUDGED_FROM:
            return None
        return self._fitter.judge(self._results, self._rows_at)

    def _of_initial_design(
        self, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return a random candidate that is far from those before it; None when the design is complete."""
        tried = [o.candidate for o in history.observations] + [p.candidate for p in history.pending]
        if len(tried) >= self.initial_candidates:
            return None
        drawn = [self.space.sample(rng) for _ in range(DRAWN)]
        new = [values for values in drawn if self.space.canonical_id(values) not in taken]
        if not new:
            return None
        rows = self._features.rows(new)
        place = farthest(self._features, rows, self._features.remembered(tried), self.initial_candidates)
        return self.candidate(new[place], "Random")

    def _look_at(self, scores: tuple[Scored, ...], earlier: tuple[Earlier, ...]) -> None:
        # Both are complete before the first trial, so they change seldom: when results contradict them.
        if scores is not self._scores or earlier is not self._earlier:
            self._scores, self._earlier = scores, earlier
            given = [scores, *(as_scores(one, self.objectives[0]) for one in earlier)]
            self._prior = Priors([Prior(self.space, self._features, each) for each in given])
            self._fitter = PosteriorFitter(self._features, self.problem, self._prior.proxies)

    def _rows_at(self, places: Places) -> Floats:
        return self._remembered([self._results.observations[place].candidate for place in places.tolist()])

    def _remembered(self, candidates: Sequence[CandidateSpec]) -> Floats:
        rows = self._features.remembered(candidates)
        return self._rows([self.values(candidate) for candidate in candidates], rows) if self._prior.proxies else rows

    def _rows(self, values: Sequence[Architecture], rows: Floats) -> Floats:
        """Return features with the quantiles of scores and earlier results behind them, shape (candidates, columns)."""
        return np.hstack([rows, self._prior.columns(values, rows)]) if self._prior.proxies else rows

    def _best(self, results: ResultsMatrix) -> list[Observation]:
        return [result for equals in results.by_merit(BEST_STARTS) for result in equals][:BEST_STARTS]

"""The posteriors that an acquisition function needs: of the objectives, of every constraint, and of the price.

That a candidate does not fail is one more constraint, as soon as one has failed. Pending candidates count as if they
had come out as expected (the kriging believer), so that the next candidate is not proposed right beside them.

References: Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML 2014; Ginsbourger, Le Riche &
Carraro 2010 (kriging believer).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from nas_core.objectives import bounds_of
from nas_search.bayesian.acquisition import log_hypervolume_improvement, undominated_boxes
from nas_search.predictors.features import Features
from nas_search.predictors.gaussian_process import GaussianProcess, Hyperparameters, Posterior
from nas_search.predictors.held_out import HeldOut, held_out
from nas_search.predictors.results_used import Places, content_key, fitted_to, subset
from nas_search.predictors.warp import by_rank, by_rank_and_value, place_of, standardised
from nas_search.predictors.worth import worst
from nas_search.problem import Problem
from nas_search.ranking import Floats, crowding, non_dominated
from nas_search.results_matrix import ResultsMatrix

RESULTS_FITTED = 256
"""Most results that the kernel's hyperparameters are fitted to: half of them the best, the others spread over all."""
RESULTS_CONDITIONED = 512
"""Most results that a posterior is conditioned on, chosen likewise; its cost grows with their cube."""
RESULTS_JUDGED = 128
"""Most results that the surrogate is judged by, chosen likewise: it is fitted to each fold's others anew."""
REFERENCE_MARGIN = 1.0
"""How far below the worst values the hypervolume's reference point lies, so that the ends of the front count."""
MOST_FRONT_POINTS = {1: 1, 2: 64, 3: 24, 4: 12}
"""Points of the Pareto front that are kept, by number of objectives; they make some hundred boxes."""

Rows = Callable[[Places], Floats]
"""Gives the features of the results at some places: of a long history only few are needed."""
Warp = Callable[[Floats], Floats]
"""Transforms values before the surrogate is fitted to them."""


@dataclass(frozen=True)
class ConstraintPosterior:
    """The posterior of a constrained metric, and the bounds on the same warped scale."""

    posterior: Posterior
    low: float
    high: float


@dataclass(frozen=True)
class PricePosterior:
    """The posterior of the logarithm of the price, in units of its standard ``deviation``."""

    posterior: Posterior
    deviation: float


@dataclass(frozen=True)
class Posteriors:
    """Everything that the acquisition function depends on."""

    objectives: tuple[Posterior, ...]
    """Of each objective, turned so that more is better."""
    boxes: tuple[Floats, Floats] | None
    """What no feasible result dominates, in boxes (`undominated_boxes`); None while no result is feasible."""
    limits: tuple[ConstraintPosterior, ...]
    price: PricePosterior | None
    """None: every candidate costs the same."""

    def acquisition(self, rows: Floats) -> Floats:
        """Return the log expected improvement times the probability of feasibility, shape (candidates,).

        With a price it is the improvement per unit of the price. ``rows``: features, shape (candidates, columns).
        """
        score = np.zeros(len(rows))
        if self.boxes:
            means, deviations = zip(*(posterior.predict(rows) for posterior in self.objectives), strict=True)
            score += log_hypervolume_improvement(np.stack(means, 1), np.stack(deviations, 1), *self.boxes)
        for limit in self.limits:
            mean, deviation = limit.posterior.predict(rows)
            feasible = ndtr((limit.high - mean) / deviation) - ndtr((limit.low - mean) / deviation)
            # However hopeless a region looks, its candidates have to stay comparable with one another.
            score += np.log(np.maximum(feasible, 1e-12))
        if self.price:
            # log(improvement / price); the standardised log price is scaled back.
            score -= self.price.deviation * self.price.posterior.predict(rows)[0]
        return score


class PosteriorFitter:
    """Fits posteriors to results. A fit of hyperparameters depends on the first results alone: it is kept."""

    def __init__(self, features: Features, problem: Problem, proxies: int = 0) -> None:
        """Rows are the features, followed by the quantiles of ``proxies`` zero-cost proxies."""
        self._plain = GaussianProcess(features.owners)
        # A proxy predicts accuracy; with several objectives nobody knows which of them that is.
        self._objective = GaussianProcess(features.owners, proxies) if len(problem.objectives) == 1 else self._plain
        self._constraints = problem.constraints
        self._fitted: dict[bytes, Hyperparameters] = {}
        self._judged: dict[bytes, HeldOut] = {}

    def fit(self, results: ResultsMatrix, rows: Rows, pending: Floats) -> Posteriors:
        """Return the posteriors given some results, at least one of them valid.

        ``rows`` gives the features of results, ``pending`` are those of pending candidates, shape (pending, columns).
        """
        valid = results.valid
        feasible = results.broken[valid] == 0
        worth = -results.costs[valid]  # (valid results, objectives), more is better
        objectives = tuple(
            self._posterior(rows, valid, column, pending, self._objective, by_rank_and_value) for column in worth.T
        )
        # The front on the scale of the posteriors, which is a warped one.
        seen = np.stack([by_rank_and_value(column) for column in worth.T], 1)
        boxes = _boxes(seen[feasible]) if feasible.any() else None
        limits = []
        succeeded = np.zeros(len(results.observations), dtype=np.bool_)
        succeeded[valid] = True
        # A candidate that was refused for a constraint has not failed: that constraint's posterior learns from it.
        tried = np.flatnonzero(succeeded | ~results.known_to_break)
        if not succeeded[tried].all():
            outcomes = succeeded[tried].astype(np.float64)
            posterior = self._posterior(rows, tried, outcomes, pending, self._plain)
            limits.append(ConstraintPosterior(posterior, place_of(0.5, outcomes), math.inf))
        for constraint, metric in zip(self._constraints, results.constrained.T, strict=True):
            known = np.flatnonzero(np.isfinite(metric))
            if len(known):
                values = metric[known]
                bounds = bounds_of(constraint)
                low, high = (place_of(bound, values) if math.isfinite(bound) else bound for bound in bounds)
                limits.append(
                    ConstraintPosterior(self._posterior(rows, known, values, pending, self._plain), low, high)
                )
        return Posteriors(objectives, boxes, tuple(limits), self._price(rows, results.prices, pending))

    def judge(self, results: ResultsMatrix, rows: Rows) -> HeldOut | None:
        """Return what the posterior of the objective that it ranks worst is worth on held-out results.

        Of results with a value of every objective, and of the first of them only, so that most do not change it; None
        without any. ``rows`` as in :meth:`fit`.
        """
        valid = results.valid
        if not len(valid):
            return None
        first = valid[: fitted_to(len(valid))]
        return worst([self._judge(rows, first, column) for column in -results.costs[first].T])

    def _judge(self, rows: Rows, places: Places, values: Floats) -> HeldOut:
        used = subset(values, RESULTS_JUDGED)
        known, warped = rows(places[used]), by_rank_and_value(values)[used]
        key = content_key(known, warped)
        if key not in self._judged:
            self._judged[key] = held_out(self._objective, known, warped)
        return self._judged[key]

    def _price(self, rows: Rows, prices: Floats, pending: Floats) -> PricePosterior | None:
        # A price of 0 has no logarithm; such results tell nothing of costs.
        known = np.flatnonzero(np.isfinite(prices) & (prices > 0))
        logarithms = np.log(prices[known])
        deviation = float(logarithms.std()) if len(known) else 0.0
        if deviation == 0.0:
            return None
        return PricePosterior(self._posterior(rows, known, logarithms, pending, self._plain, standardised), deviation)

    def _posterior(
        self,
        rows: Rows,
        places: Places,
        values: Floats,
        pending: Floats,
        process: GaussianProcess,
        warp: Warp = by_rank,
    ) -> Posterior:
        """Return the posterior of a metric, given its ``values`` (results,) at ``places`` (results,)."""
        fitted = self._fit(rows, places, values, process, warp)
        warped, used = warp(values), subset(values, RESULTS_CONDITIONED)
        known = rows(places[used])  # (results, columns)
        posterior = process.given(fitted, known, warped[used])
        if not len(pending):
            return posterior
        # Kriging believer: the expected value of a pending candidate lowers the variance around it, not the mean.
        expected, _ = posterior.predict(pending)
        return process.given(fitted, np.concatenate([known, pending]), np.concatenate([warped[used], expected]))

    def _fit(self, rows: Rows, places: Places, values: Floats, process: GaussianProcess, warp: Warp) -> Hyperparameters:
        first = values[: fitted_to(len(values))]
        used = subset(first, RESULTS_FITTED)
        known, warped = rows(places[used]), warp(first)[used]
        key = content_key(known, warped) + bytes([process is self._objective])
        if key not in self._fitted:
            self._fitted[key] = process.hyperparameters(known, warped)
        return self._fitted[key]


def _boxes(values: Floats) -> tuple[Floats, Floats]:
    """Return what no row of ``values`` (results, objectives; more is better) dominates, in boxes."""
    front = values[non_dominated(-values)]
    worst = values.min(0) - REFERENCE_MARGIN
    kept = np.argsort(-crowding(-front), kind="stable")[: MOST_FRONT_POINTS.get(front.shape[1], MOST_FRONT_POINTS[4])]
    return undominated_boxes(front[kept], worst)

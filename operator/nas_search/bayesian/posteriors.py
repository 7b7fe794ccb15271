"""What the results so far make the surrogate believe: of the objectives, of every constraint, and of the price.

Not to fail is a constraint as well, once a candidate has. Those that are being evaluated count as if they had come out
as expected, so that none is proposed beside its like.

References: Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML 2014; Ginsbourger, Le Riche &
Carraro 2010 (kriging believer).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from nas_core.objectives import bounds_of
from nas_search.bayesian.acquisition import log_hypervolume_improvement, undominated_boxes
from nas_search.bayesian.features import Features
from nas_search.bayesian.surrogate import Kernel, Posterior, Settings
from nas_search.bayesian.warp import by_rank, by_rank_and_value, place_of, standardised
from nas_search.problem import Problem
from nas_search.ranking import Floats, crowding, non_dominated
from nas_search.results_matrix import ResultsMatrix

FITTED = 256
"""Results that the kernel is fitted to at most, and …"""
USED = 512
"""… that a posterior rests on: half of them the best, the others spread over the whole history."""
EVERY = 1.1
"""The kernel is fitted again when there are so many times the results; to each of the first ``AT_FIRST`` anyway."""
AT_FIRST = 30
BELOW = 1.0
"""How far below the worst values the hypervolume begins, so that the ends of the front count."""
FRONTS = {1: 1, 2: 64, 3: 24, 4: 12}
"""Points of the front that are told apart at most, by objectives: boxes are several hundred then."""

Places = NDArray[np.intp]
Rows = Callable[[Places], Floats]
"""Gives the features of the results at some places: of a long history only few are looked at."""
Warp = Callable[[Floats], Floats]
"""Turns values into what the surrogate sees of them."""


@dataclass(frozen=True)
class Limit:
    """A constraint: what is believed of its metric, and the bounds in the same terms."""

    posterior: Posterior
    low: float
    high: float


@dataclass(frozen=True)
class Price:
    """What is believed of the price: the logarithm, as a share of its standard ``deviation``."""

    posterior: Posterior
    deviation: float


@dataclass(frozen=True)
class Posteriors:
    """Everything that an acquisition weighs."""

    objectives: tuple[Posterior, ...]
    """More is better."""
    boxes: tuple[Floats, Floats] | None
    """What no result dominates, of those that keep all constraints; None: none does."""
    limits: tuple[Limit, ...]
    price: Price | None
    """None: all cost the same."""

    def acquisition(self, rows: Floats) -> Floats:
        """Return the logarithm of the expected improvement times the probability to keep all constraints.

        With a price: for each unit of it.
        """
        score = np.zeros(len(rows))
        if self.boxes:
            means, deviations = zip(*(posterior.predict(rows) for posterior in self.objectives), strict=True)
            score += log_hypervolume_improvement(np.stack(means, 1), np.stack(deviations, 1), *self.boxes)
        for limit in self.limits:
            mean, deviation = limit.posterior.predict(rows)
            inside = ndtr((limit.high - mean) / deviation) - ndtr((limit.low - mean) / deviation)
            score += np.log(np.maximum(inside, 1e-12))
        if self.price:
            score -= self.price.deviation * self.price.posterior.predict(rows)[0]
        return score


class PosteriorFitter:
    """Makes beliefs of results; keeps the kernels it has fitted, which depend on the first so many results alone."""

    def __init__(self, features: Features, problem: Problem, proxies: int = 0) -> None:
        """Rows are those of the features and then the quantiles of so many ``proxies``, which promise the objective."""
        self._plain = Kernel(features.owners)
        # What a proxy promises is the accuracy; of several objectives it is only one.
        self._objective = Kernel(features.owners, proxies) if len(problem.objectives) == 1 else self._plain
        self._constraints = problem.constraints
        self._fitted: dict[bytes, Settings] = {}

    def fit(self, results: ResultsMatrix, rows: Rows, pending: Floats) -> Posteriors:
        """Return what to believe after some results; ``pending``: the rows of those that are being evaluated.

        At least one result has to be valid.
        """
        valid = results.valid
        feasible = results.broken[valid] == 0
        worth = -results.costs[valid]
        objectives = tuple(
            self._posterior(rows, valid, column, pending, self._objective, by_rank_and_value) for column in worth.T
        )
        seen = np.stack([by_rank_and_value(column) for column in worth.T], 1)
        boxes = _boxes(seen[feasible]) if feasible.any() else None
        limits = []
        succeeded = np.zeros(len(results.observations), dtype=np.bool_)
        succeeded[valid] = True
        # A candidate that was refused for a constraint has not failed: the constraint's own belief tells of it.
        tried = np.flatnonzero(succeeded | ~results.known_to_break)
        if not succeeded[tried].all():
            told = succeeded[tried].astype(np.float64)
            believed = self._posterior(rows, tried, told, pending, self._plain)
            limits.append(Limit(believed, place_of(0.5, told), math.inf))
        for constraint, metric in zip(self._constraints, results.constrained.T, strict=True):
            known = np.flatnonzero(np.isfinite(metric))
            if len(known):
                values = metric[known]
                bounds = bounds_of(constraint)
                low, high = (place_of(bound, values) if math.isfinite(bound) else bound for bound in bounds)
                limits.append(Limit(self._posterior(rows, known, values, pending, self._plain), low, high))
        return Posteriors(objectives, boxes, tuple(limits), self._price(rows, results.prices, pending))

    def _price(self, rows: Rows, prices: Floats, pending: Floats) -> Price | None:
        known = np.flatnonzero(np.isfinite(prices) & (prices > 0))
        logarithms = np.log(prices[known])
        deviation = float(logarithms.std()) if len(known) else 0.0
        if deviation == 0.0:
            return None
        return Price(self._posterior(rows, known, logarithms, pending, self._plain, standardised), deviation)

    def _posterior(
        self, rows: Rows, places: Places, values: Floats, pending: Floats, kernel: Kernel, warp: Warp = by_rank
    ) -> Posterior:
        """Return what to believe of the values of candidates, those of the results at some places being known."""
        settings = self._settings(rows, places, values, kernel, warp)
        seen, used = warp(values), spread(values, USED)
        looked_at = rows(places[used])
        posterior = Posterior(kernel, settings, looked_at, seen[used])
        if not len(pending):
            return posterior
        expected, _ = posterior.predict(pending)
        rows_too = np.concatenate([looked_at, pending])
        return Posterior(kernel, settings, rows_too, np.concatenate([seen[used], expected]))

    def _settings(self, rows: Rows, places: Places, values: Floats, kernel: Kernel, warp: Warp) -> Settings:
        first = values[: fitted_to(len(values))]
        used = spread(first, FITTED)
        fitted, seen = rows(places[used]), warp(first)[used]
        key = hashlib.blake2b(fitted.tobytes() + seen.tobytes()).digest() + bytes([kernel is self._objective])
        if key not in self._fitted:
            self._fitted[key] = kernel.fit(fitted, seen)
        return self._fitted[key]


def _boxes(values: Floats) -> tuple[Floats, Floats]:
    """Return what none of some results (n, objectives; more is better) dominates, in boxes."""
    front = values[non_dominated(-values)]
    worst = values.min(0) - BELOW
    kept = np.argsort(-crowding(-front), kind="stable")[: FRONTS.get(front.shape[1], FRONTS[4])]
    return undominated_boxes(front[kept], worst)


def fitted_to(count: int) -> int:
    """Return how many of the first ``count`` results the kernel is fitted to: so few numbers that it is seldom done."""
    fitted = min(count, AT_FIRST)
    while math.ceil(fitted * EVERY) <= count:
        fitted = math.ceil(fitted * EVERY)
    return fitted


def spread(values: Floats, most: int) -> np.ndarray:
    """Return the places of at most so many results, in order: half of them the best, the others evenly spread."""
    if len(values) <= most:
        return np.arange(len(values))
    order = np.argsort(-values, kind="stable")
    best, rest = order[: most // 2], np.sort(order[most // 2 :])
    others = rest[np.linspace(0, len(rest) - 1, most - len(best)).round().astype(int)]
    return np.sort(np.concatenate([best, others]))

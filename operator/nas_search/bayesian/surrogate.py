"""The surrogate: a Gaussian process over candidates, k(x, y) = exp(-sum over parts of w_p d_p(x, y)^2).

Zero-cost scores, if there are any (`prior`), add a line through each proxy's quantiles: its slope is expected to be
positive and is learned with all else.

The parts are what `features` makes of decisions. Scale and mean of the values are integrated out; the weights and the
noise are set by maximum a posteriori. The priors say that a candidate tells about others up to about half of all parts
away, whatever their number, and that none matters more than another until results show it. For choices this is the
(weighted) Hamming kernel, for numbers a product of the squared exponential and the exponential one.

References: Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 5; Hutter, Hoos &
Leyton-Brown, "Sequential Model-Based Optimization for General Algorithm Configuration", LION 2011 (weighted Hamming).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from nas_search.ranking import Floats

SUM_OF_WEIGHTS = 2.0
"""Prior median of the parts' weights together: two candidates that differ in all have a correlation of 0.14."""
NOISE = 0.02
"""Prior median of the noise's variance, as a share of the values'."""
SPREAD = 1.0
"""Prior standard deviation of the logarithms of both."""
FARTHEST = 5.0
"""How many of those the settings may be away from their medians."""
MEAN_VARIANCE = 1.0
"""Prior variance of the mean, as a share of the values'."""
SLOPE = 0.5
"""Prior mean of the slopes of all proxies together, in values' deviations by those of the scores: what the rank
correlation would be. Good proxies are published with 0.5 to 0.8; by as much it may be wrong."""
ITERATIONS = 30


@dataclass(frozen=True)
class Settings:
    """What the kernel is set to."""

    weights: Floats
    """Of each part."""
    noise: float


class Kernel:
    """The covariance of candidates, of variance 1, without noise; ``owners`` tells the part of each column.

    Rows may have more columns than that, ``proxies`` of them: the quantiles of scores.
    """

    def __init__(self, owners: NDArray[np.intp], proxies: int = 0) -> None:
        self._owners, self._proxies = owners, proxies
        self._parts = int(owners.max()) + 1
        median = np.log(SUM_OF_WEIGHTS / self._parts)
        self._prior = np.append(np.full(self._parts, median), np.log(NOISE))

        self.median = Settings(np.exp(self._prior[:-1]), NOISE)
        """What the prior says of the settings."""

    def __call__(self, one: Floats, other: Floats, settings: Settings) -> Floats:
        """Return the covariances of rows, shape (len(one), len(other))."""
        return np.asarray(np.exp(-self._distance(one, other, settings.weights))) + self._trend(one, other)

    def mean(self, rows: Floats) -> Floats:
        """Return what is expected of rows before any result, shape (n,)."""
        return np.asarray(SLOPE * self._scores(rows).mean(1)) if self._proxies else np.zeros(len(rows))

    def variance(self, rows: Floats) -> Floats:
        """Return the variances of rows before any result, shape (n,)."""
        return np.asarray(1 + (self._trend_scale() * self._scores(rows) ** 2).sum(1))

    def fit(self, rows: Floats, values: Floats) -> Settings:
        """Return the settings of greatest posterior probability; ``values`` (n) are about 0 in the mean."""
        each = np.eye(self._parts)
        distances = np.stack([self._distance(rows, rows, weights) for weights in each])
        identity, n = np.eye(len(rows)), len(rows)
        values, trend = values - self.mean(rows), self._trend(rows, rows) + MEAN_VARIANCE

        def loss(theta: Floats) -> tuple[float, Floats]:
            weights, noise = np.exp(theta[:-1]), np.exp(theta[-1])
            covariance = np.exp(-np.tensordot(weights, distances, 1))
            lower = cholesky(covariance + trend + noise * identity, lower=True)
            solved = cho_solve((lower, True), values)
            # A scale that is integrated out by a prior of weight 2 leaves a Student's t distribution.
            fitted = float(values @ solved) + 2
            off = (theta - self._prior) / SPREAD
            loss = (n + 2) / 2 * np.log(fitted) + np.log(np.diag(lower)).sum() + off @ off / 2
            slope = (cho_solve((lower, True), identity) - (n + 2) / fitted * np.outer(solved, solved)) / 2
            gradient = np.append(
                -weights * np.tensordot(distances, slope * covariance, 2), float(noise) * np.trace(slope)
            )
            return loss, gradient + off / SPREAD

        # A line search may look anywhere: without bounds, where numbers overflow.
        bounds = [(middle - FARTHEST * SPREAD, middle + FARTHEST * SPREAD) for middle in self._prior]
        options = {"maxiter": ITERATIONS}
        found = minimize(loss, self._prior, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        return Settings(np.exp(found.x[:-1]), float(np.exp(found.x[-1])))

    def _scores(self, rows: Floats) -> Floats:
        return rows[:, len(self._owners) : len(self._owners) + self._proxies]

    def _trend_scale(self) -> float:
        # Independent slopes, such that all together are off by the prior mean where the proxies agree.
        return SLOPE**2 / self._proxies if self._proxies else 0.0

    def _trend(self, one: Floats, other: Floats) -> Floats:
        return np.asarray(self._trend_scale() * self._scores(one) @ self._scores(other).T)

    def _distance(self, one: Floats, other: Floats, weights: Floats) -> Floats:
        scale, decided = np.sqrt(weights)[self._owners], len(self._owners)
        left, right = one[:, :decided] * scale, other[:, :decided] * scale
        squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2 * left @ right.T
        return np.asarray(np.maximum(squares, 0.0))


class Posterior:
    """What is believed of any candidate after some results."""

    def __init__(self, kernel: Kernel, settings: Settings, rows: Floats, values: Floats) -> None:
        self._kernel, self._settings, self._rows = kernel, settings, rows
        covariance = kernel(rows, rows, settings) + MEAN_VARIANCE
        self._lower = cholesky(covariance + settings.noise * np.eye(len(rows)), lower=True)
        self._whitened = solve_triangular(self._lower, values - kernel.mean(rows), lower=True)
        self._scale = (self._whitened @ self._whitened + 2) / (len(rows) + 2)

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the values of some candidates, the noise left out; shapes (n,)."""
        across = self._kernel(self._rows, rows, self._settings) + MEAN_VARIANCE
        explained = solve_triangular(self._lower, across, lower=True)
        variance = np.maximum(self._kernel.variance(rows) + MEAN_VARIANCE - (explained**2).sum(0), 1e-9)
        return self._kernel.mean(rows) + explained.T @ self._whitened, np.sqrt(variance * self._scale)

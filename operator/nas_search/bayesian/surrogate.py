"""The surrogate: a Gaussian process over candidates, k(x, y) = exp(-sum over decisions of w_d d_d(x, y)^2).

Scale and mean of the values are integrated out; the weights and the noise are set by maximum a posteriori. The priors
say that a candidate tells about others up to about half of all decisions away, whatever their number, and that no
decision matters more than another until results show it. For choices this is the (weighted) Hamming kernel, for numbers
the squared exponential.

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
"""Prior median of the decisions' weights together: two candidates that differ in all have a correlation of 0.14."""
NOISE = 0.02
"""Prior median of the noise's variance, as a share of the values'."""
SPREAD = 1.0
"""Prior standard deviation of the logarithms of both."""
FARTHEST = 5.0
"""How many of those the settings may be away from their medians."""
MEAN_VARIANCE = 1.0
"""Prior variance of the mean, as a share of the values'."""
ITERATIONS = 30


@dataclass(frozen=True)
class Settings:
    """What the kernel is set to."""

    weights: Floats
    """Of each decision."""
    noise: float


class Kernel:
    """The covariance of candidates, of variance 1, without noise; ``owners`` tells the decision of each column."""

    def __init__(self, owners: NDArray[np.intp]) -> None:
        self._owners = owners
        self._decisions = int(owners.max()) + 1
        median = np.log(SUM_OF_WEIGHTS / self._decisions)
        self._prior = np.append(np.full(self._decisions, median), np.log(NOISE))

    def __call__(self, one: Floats, other: Floats, settings: Settings) -> Floats:
        """Return the covariances of rows, shape (len(one), len(other))."""
        return np.asarray(np.exp(-self._distance(one, other, settings.weights)))

    def fit(self, rows: Floats, values: Floats) -> Settings:
        """Return the settings of greatest posterior probability; ``values`` (n) are about 0 in the mean."""
        each = np.eye(self._decisions)
        distances = np.stack([self._distance(rows, rows, weights) for weights in each])
        identity, n = np.eye(len(rows)), len(rows)

        def loss(theta: Floats) -> tuple[float, Floats]:
            weights, noise = np.exp(theta[:-1]), np.exp(theta[-1])
            covariance = np.exp(-np.tensordot(weights, distances, 1))
            lower = cholesky(covariance + MEAN_VARIANCE + noise * identity, lower=True)
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

    def _distance(self, one: Floats, other: Floats, weights: Floats) -> Floats:
        scale = np.sqrt(weights)[self._owners]
        left, right = one * scale, other * scale
        squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2 * left @ right.T
        return np.asarray(np.maximum(squares, 0.0))


class Posterior:
    """What is believed of any candidate after some results."""

    def __init__(self, kernel: Kernel, settings: Settings, rows: Floats, values: Floats) -> None:
        self._kernel, self._settings, self._rows = kernel, settings, rows
        covariance = kernel(rows, rows, settings) + MEAN_VARIANCE
        self._lower = cholesky(covariance + settings.noise * np.eye(len(rows)), lower=True)
        self._whitened = solve_triangular(self._lower, values, lower=True)
        self._scale = (self._whitened @ self._whitened + 2) / (len(rows) + 2)

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the values of some candidates, the noise left out; shapes (n,)."""
        across = self._kernel(self._rows, rows, self._settings) + MEAN_VARIANCE
        explained = solve_triangular(self._lower, across, lower=True)
        variance = np.maximum(1 + MEAN_VARIANCE - (explained**2).sum(0), 1e-9)
        return explained.T @ self._whitened, np.sqrt(variance * self._scale)

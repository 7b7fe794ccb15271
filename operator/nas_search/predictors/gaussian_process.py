"""A Gaussian process over candidates: k(x, y) = exp(-sum over parts of w_p d_p(x, y)^2).

The parts are what `features` makes of decisions: for choices this is the weighted Hamming kernel, for numbers a product
of the squared exponential and the exponential one. Zero-cost scores (`prior`) add a linear term for each proxy, whose
slope is expected to be positive and is learned with all else.

Mean and scale of the values are integrated out; the weights and the noise are those of maximum a posteriori. Their
priors say that a result tells about candidates up to about half of all parts away, whatever the number of parts, and
that no part matters more than another until results show it.

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
"""Prior median of the variance of the noise, as a share of the variance of the values."""
LOG_DEVIATION = 1.0
"""Prior standard deviation of the logarithms of the weights and of the noise."""
MOST_DEVIATIONS = 5.0
"""Prior standard deviations that a hyperparameter may be away from its median."""
MEAN_VARIANCE = 1.0
"""Prior variance of the mean, as a share of the variance of the values."""
SLOPE = 0.5
"""Prior mean of the slopes of all proxies together, and its standard deviation.

It is what the rank correlation would be: of good proxies 0.5 to 0.8 are published.
"""
ITERATIONS = 30
"""Most iterations of L-BFGS in a fit."""


@dataclass(frozen=True)
class Hyperparameters:
    """What is fitted of a kernel."""

    weights: Floats
    """How fast the correlation falls with each part's distance, shape (parts,)."""
    noise: float
    """Variance of the noise, as a share of the variance of the values."""


class Kernel:
    """The covariance of candidates, of variance 1, without noise.

    ``owners`` (columns,) tells the part of each column of the features. Behind these, rows have a column for each of
    the ``proxies``: the quantiles of its scores.
    """

    def __init__(self, owners: NDArray[np.intp], proxies: int = 0) -> None:
        self._owners, self._proxies = owners, proxies
        self._parts = int(owners.max()) + 1
        median = np.log(SUM_OF_WEIGHTS / self._parts)
        self._prior = np.append(np.full(self._parts, median), np.log(NOISE))

        self.median = Hyperparameters(np.exp(self._prior[:-1]), NOISE)
        """The hyperparameters that the prior expects, of a kernel that nothing is fitted to."""

    def __call__(self, left: Floats, right: Floats, hyperparameters: Hyperparameters) -> Floats:
        """Return the covariances of rows, shape (left rows, right rows)."""
        return np.asarray(np.exp(-self._distance(left, right, hyperparameters.weights))) + self._trend(left, right)

    def mean(self, rows: Floats) -> Floats:
        """Return what is expected of rows before any result, shape (n,)."""
        return np.asarray(SLOPE * self._scores(rows).mean(1)) if self._proxies else np.zeros(len(rows))

    def variance(self, rows: Floats) -> Floats:
        """Return the variances of rows before any result, shape (n,)."""
        return np.asarray(1 + (self._trend_scale() * self._scores(rows) ** 2).sum(1))

    def fit(self, rows: Floats, values: Floats) -> Hyperparameters:
        """Return the hyperparameters of greatest posterior probability (maximum a posteriori).

        ``rows`` (n, columns) are the features of results, ``values`` (n,) their values, about 0 in the mean.
        """
        distances = np.stack([self._distance_by(part, rows) for part in range(self._parts)])  # (parts, n, n)
        identity, n = np.eye(len(rows)), len(rows)
        values, trend = values - self.mean(rows), self._trend(rows, rows) + MEAN_VARIANCE

        def loss(theta: Floats) -> tuple[float, Floats]:
            weights, noise = np.exp(theta[:-1]), np.exp(theta[-1])
            covariance = np.exp(-np.tensordot(weights, distances, 1))
            lower = cholesky(covariance + trend + noise * identity, lower=True)
            solved = cho_solve((lower, True), values)
            # The scale is integrated out with an inverse gamma prior, which leaves a Student's t distribution; the 2
            # is the weight of that prior.
            fitted = float(values @ solved) + 2
            off = (theta - self._prior) / LOG_DEVIATION
            loss = (n + 2) / 2 * np.log(fitted) + np.log(np.diag(lower)).sum() + off @ off / 2
            # Derivative of the loss by each entry of the covariance, (n, n): from it follow those by all weights.
            slope = (cho_solve((lower, True), identity) - (n + 2) / fitted * np.outer(solved, solved)) / 2
            gradient = np.append(
                -weights * np.tensordot(distances, slope * covariance, 2), float(noise) * np.trace(slope)
            )
            return loss, gradient + off / LOG_DEVIATION

        # A line search without bounds may step to where exp(theta) overflows.
        bounds = [
            (middle - MOST_DEVIATIONS * LOG_DEVIATION, middle + MOST_DEVIATIONS * LOG_DEVIATION)
            for middle in self._prior
        ]
        options = {"maxiter": ITERATIONS}
        fit = minimize(loss, self._prior, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        return Hyperparameters(np.exp(fit.x[:-1]), float(np.exp(fit.x[-1])))

    def _scores(self, rows: Floats) -> Floats:
        return rows[:, len(self._owners) : len(self._owners) + self._proxies]

    def _trend_scale(self) -> float:
        # Independent slopes, whose sum has the prior mean as its standard deviation where the proxies agree.
        return SLOPE**2 / self._proxies if self._proxies else 0.0

    def _trend(self, left: Floats, right: Floats) -> Floats:
        return np.asarray(self._trend_scale() * self._scores(left) @ self._scores(right).T)

    def _distance_by(self, part: int, rows: Floats) -> Floats:
        """Return the squared distances of rows by one part alone, shape (n, n)."""
        own = np.flatnonzero(self._owners == part)
        narrow = rows[:, own]
        # One entry a row, as of a choice: without the other parts' zeros the very same sums, and of many options far
        # sooner. Of several entries the sum would be rounded otherwise, and searches that go on choose otherwise.
        if (np.count_nonzero(narrow, axis=1) <= 1).all():
            return _squares(narrow, narrow)
        return self._distance(rows, rows, np.eye(self._parts)[part])

    def _distance(self, left: Floats, right: Floats, weights: Floats) -> Floats:
        """Return the weighted squared distances of rows, shape (left rows, right rows)."""
        scale, features = np.sqrt(weights)[self._owners], len(self._owners)
        return _squares(left[:, :features] * scale, right[:, :features] * scale)


def _squares(left: Floats, right: Floats) -> Floats:
    """Return the squared distances of rows, shape (left rows, right rows)."""
    # As a product of matrices; rounding may leave a distance of equal rows just below 0.
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2 * left @ right.T
    return np.asarray(np.maximum(squares, 0.0))


class GaussianProcess:
    """The predictor: hyperparameters are fitted to results, then the process is conditioned on them.

    Args are those of `Kernel`. A strategy that fits seldom and conditions often takes the two steps apart.
    """

    def __init__(self, owners: NDArray[np.intp], proxies: int = 0) -> None:
        self._kernel = Kernel(owners, proxies)

    def hyperparameters(self, rows: Floats, values: Floats) -> Hyperparameters:
        """Return what fits results best: ``rows`` (n, columns), ``values`` (n,)."""
        return self._kernel.fit(rows, values)

    def given(self, hyperparameters: Hyperparameters | None, rows: Floats, values: Floats) -> Posterior:
        """Return the process conditioned on results; without ``hyperparameters`` those that the prior expects."""
        return Posterior(self._kernel, hyperparameters or self._kernel.median, rows, values)

    def fit(self, rows: Floats, values: Floats) -> Posterior:
        """Do both, as `predictor.Predictor`."""
        return self.given(self.hyperparameters(rows, values), rows, values)


class Posterior:
    """The distribution of the value of any candidate, given some results.

    Conditioning is one Cholesky factorisation (Rasmussen & Williams 2006, algorithm 2.1), kept for all predictions.
    """

    def __init__(self, kernel: Kernel, hyperparameters: Hyperparameters, rows: Floats, values: Floats) -> None:
        self._kernel, self._hyperparameters, self._rows = kernel, hyperparameters, rows
        covariance = kernel(rows, rows, hyperparameters) + MEAN_VARIANCE
        self._lower = cholesky(covariance + hyperparameters.noise * np.eye(len(rows)), lower=True)
        self._whitened = solve_triangular(self._lower, values - kernel.mean(rows), lower=True)
        # The scale of Student's t, with the prior of weight 2 of `Kernel.fit`.
        self._scale = (self._whitened @ self._whitened + 2) / (len(rows) + 2)

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the values of some candidates, the noise left out; shapes (n,)."""
        across = self._kernel(self._rows, rows, self._hyperparameters) + MEAN_VARIANCE
        explained = solve_triangular(self._lower, across, lower=True)
        variance = np.maximum(self._kernel.variance(rows) + MEAN_VARIANCE - (explained**2).sum(0), 1e-9)
        return self._kernel.mean(rows) + explained.T @ self._whitened, np.sqrt(variance * self._scale)

"""How a predictor does on results that it was not fitted to: whether it ranks them, and how wide its intervals are.

The results are cut into folds; each is predicted from the others. From the same predictions follow Kendall's tau, by
which a predictor is trusted or not, and one factor for all its deviations, so that intervals hold what they promise.

References: Kuleshov, Fenner & Ermon, "Accurate Uncertainties for Deep Learning Using Calibrated Regression", ICML 2018,
arXiv:1807.00263 (calibration on held-out data); Vovk, Gammerman & Shafer, "Algorithmic Learning in a Random World",
2005 (which quantile of n errors the next one keeps).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nas_core.ranks import kendall_tau, tau_interval
from nas_search.predictors.predictor import Fitted, Predictor
from nas_search.ranking import Floats

FOLDS = 5
"""Parts that the results are cut into; fewer results have a part each."""
SHARE = 0.9
"""Share of results that lies within `WIDTH` deviations of what was predicted, once those are scaled."""
WIDTH = 1.645
"""Deviations on each side that hold this share of a normal distribution."""
SCALES = (0.1, 10.0)
"""Bounds on the factor of the deviations."""


@dataclass(frozen=True)
class HeldOut:
    """What results say of a predictor that did not see them."""

    count: int
    """Results."""
    tau: float | None
    """Kendall's tau of predictions and results; None if either has no order."""
    interval: tuple[float, float] | None
    """Its 95 % interval; None of too few results."""
    scale: float
    """What its deviations have to be multiplied by."""

    @property
    def ranks(self) -> bool:
        """Whether the predictor ranks: the interval is above zero."""
        return self.interval is not None and self.interval[0] > 0


@dataclass(frozen=True)
class Checked:
    """A fitted predictor, with what its predictor was worth on held-out results."""

    fitted: Fitted
    held_out: HeldOut

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return mean and calibrated standard deviation of the values of some candidates; shapes (n,)."""
        mean, deviation = self.fitted.predict(rows)
        return mean, deviation * self.held_out.scale


def fit_checked(predictor: Predictor, rows: Floats, values: Floats) -> Checked:
    """Fit a predictor to all results, and to all but a fold of them in turn: ``rows`` (n, columns), ``values`` (n,)."""
    return Checked(predictor.fit(rows, values), held_out(predictor, rows, values))


def held_out(predictor: Predictor, rows: Floats, values: Floats) -> HeldOut:
    """Judge a predictor by folds of results: ``rows`` (n, columns) and their ``values`` (n,)."""
    count = len(values)
    if count < 2:
        return HeldOut(count, None, None, 1.0)
    # Every so many-th: what a search tries changes as it goes on, and each fold has some of all of it.
    fold = np.arange(count) % min(FOLDS, count)
    mean, deviation = np.empty(count), np.empty(count)
    for each in range(fold.max() + 1):
        out = fold == each
        mean[out], deviation[out] = predictor.fit(rows[~out], values[~out]).predict(rows[out])
    tau = kendall_tau(mean.tolist(), values.tolist())
    return HeldOut(count, tau, None if tau is None else tau_interval(tau, count), _scale(values - mean, deviation))


def _scale(errors: Floats, deviation: Floats) -> float:
    """Return the factor with which `SHARE` of the errors lie within `WIDTH` deviations."""
    sizes = np.sort(np.abs(errors) / deviation)
    # Of n errors the one below which the next is with this probability, not the quantile of the n themselves.
    place = min(math.ceil(SHARE * (len(sizes) + 1)), len(sizes)) - 1
    return float(np.clip(sizes[place] / WIDTH, *SCALES))

"""Warps values towards a normal distribution, which a Gaussian process assumes.

Accuracies are far from normal: most architectures lie close together at the top, and a few fail altogether and would
stretch the scale until the top looks flat. **By rank**, as normal quantiles, any values become normal; but once a
search has found a good region most of its results lie there, and ranks stretch their differences, noise included, while
everything elsewhere looks equally bad. **By value**, cut off below, differences keep their size. Objectives take the
mean of both warps, constraints the ranks, since for them only the side of the bound matters.

References: Salinas, Shen & Perrone, "A Quantile-based Approach for Hyperparameter Transfer Learning", ICML 2020,
arXiv:1909.13595 (Gaussian copula); Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization",
NeurIPS 2019, arXiv:1910.01739 (why the scale around the best matters).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from nas_core.ranks import ranks
from nas_search.ranking import Floats

REACH = 2.0
"""How far below the median values are cut off, in distances of the best value from the median."""


def by_rank(values: Floats) -> Floats:
    """Return the normal quantiles of the values' ranks, equal values sharing theirs; greater stays greater."""
    return np.asarray(ndtri((ranks(values) - 0.5) / len(values)), dtype=np.float64)


def by_rank_and_value(values: Floats) -> Floats:
    """Return the mean of the quantiles and of the standardised values; greater is better, and stays greater."""
    return (by_rank(values) + _by_value(values)) / 2


def standardised(values: Floats) -> Floats:
    """Return the values' distances from their mean in standard deviations; zeros if all are equal."""
    deviation = values.std()
    return np.asarray((values - values.mean()) / deviation if deviation > 0 else np.zeros(len(values)))


def _by_value(values: Floats) -> Floats:
    # Scaled first, so that the standard deviation of huge values does not overflow.
    scaled = values / (np.abs(values).max() or 1.0)
    median = float(np.median(scaled))
    # Failures and near failures are all alike for a search: below the cut they tell nothing more.
    return standardised(np.maximum(scaled, median - REACH * (scaled.max() - median)))


def place_of(bound: float, values: Floats) -> float:
    """Return a bound on the scale of :func:`by_rank` of the values: between two ranks."""
    below, equal = int((values < bound).sum()), int((values == bound).sum())
    return float(ndtri(np.clip((below + equal / 2) / len(values), 0.5 / len(values), 1 - 0.5 / len(values))))

"""Values as the surrogate sees them: bell curves, as a Gaussian process believes in them.

Accuracies are far from one: most architectures lie close together at the top, a few fail altogether and would stretch
the scale until the top looks flat. **By rank**, as quantiles of the normal distribution, whatever was measured is one;
but a search that has found a good region has most of its results there, and by rank these are spread over the scale,
the noise with them, while all that is elsewhere looks equally hopeless. **By value**, cut off below, differences keep
their size. Objectives are seen by the mean of both; constraints by rank, where only the side of the bound matters.

References: Salinas, Shen & Perrone, "A Quantile-based Approach for Hyperparameter Transfer Learning", ICML 2020,
arXiv:1909.13595 (Gaussian copula); Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization",
NeurIPS 2019, arXiv:1910.01739 (why the scale around the best matters).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from nas_search.ranking import Floats, ranks

REACH = 2.0
"""By value results count down to so far below the median, in distances of the best from the median."""


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
    scaled = values / (np.abs(values).max() or 1.0)
    median = float(np.median(scaled))
    return standardised(np.maximum(scaled, median - REACH * (scaled.max() - median)))


def place_of(bound: float, values: Floats) -> float:
    """Return where a bound lies among the values, as :func:`by_rank` sees them: between two ranks."""
    below, equal = int((values < bound).sum()), int((values == bound).sum())
    return float(ndtri(np.clip((below + equal / 2) / len(values), 0.5 / len(values), 1 - 0.5 / len(values))))

"""Values as the surrogate sees them: by rank, as quantiles of the normal distribution.

A Gaussian process believes in bell curves. Accuracies are far from one: most architectures lie close together at the
top, a few fail altogether and would stretch the scale until the top looks flat. Only which candidate is better matters
to the search, so only ranks are kept. Reference: Salinas, Shen & Perrone, "A Quantile-based Approach for
Hyperparameter Transfer Learning", ICML 2020, arXiv:1909.13595 (Gaussian copula).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from nas_search.ranking import Floats, ranks


def by_rank(values: Floats) -> Floats:
    """Return the normal quantiles of the values' ranks, equal values sharing theirs; greater stays greater."""
    return np.asarray(ndtri((ranks(values) - 0.5) / len(values)), dtype=np.float64)


def place_of(bound: float, values: Floats) -> float:
    """Return where a bound lies among the values, as :func:`by_rank` sees them: between two ranks."""
    below, equal = int((values < bound).sum()), int((values == bound).sum())
    return float(ndtri(np.clip((below + equal / 2) / len(values), 0.5 / len(values), 1 - 0.5 / len(values))))

"""Expected improvement of a candidate over the results, in logarithms.

With one objective it is the expected improvement over the best, with several the expected improvement of the
hypervolume. The latter is exact for independent objectives: what no result dominates is cut into boxes, and over a box
the expectation is a product. Logarithms, because late in a search improvements underflow long before they are equal.

With one objective the predictions have heavier tails than the normal distribution's. A surrogate that takes its fitted
hyperparameters for certain finds everything hopeless outside of a good region, and the search would never leave it.
With several objectives the Pareto front spreads the search anyway.

References: Jones, Schonlau & Welch 1998 (expected improvement); Emmerich, Deutz & Klinkenberg, "Hypervolume-based
Expected Improvement: Monotonicity Properties and Exact Computation", CEC 2011; Ament et al., "Unexpected Improvements
to Expected Improvement", NeurIPS 2023, arXiv:2310.20708 (logarithms); Shah, Wilson & Ghahramani, "Student-t Processes
as Alternatives to Gaussian Processes", AISTATS 2014, arXiv:1402.4306 (expected improvement with heavy tails).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, gammaln, logsumexp, ndtr, stdtr

from nas_search.ranking import Floats, non_dominated

FREEDOM = 7.0
"""Degrees of freedom of Student's t distribution with one objective; from 5 to 10 it makes no difference."""


def log_expected_improvement_of_t(z: Floats) -> Floats:
    """Return log E[max(0, z + T)], T being Student's t of `FREEDOM` degrees; the shape is that of ``z``."""
    log_scale = gammaln((FREEDOM + 1) / 2) - gammaln(FREEDOM / 2) - math.log(FREEDOM * math.pi) / 2
    density = np.exp(log_scale - (FREEDOM + 1) / 2 * np.log1p(z**2 / FREEDOM))
    improvement = (FREEDOM + z**2) / (FREEDOM - 1) * density + z * stdtr(FREEDOM, z)
    return np.asarray(np.log(np.maximum(improvement, 1e-300)))


def log_expected_improvement(z: Floats) -> Floats:
    """Return log(phi(z) + z Phi(z)), also far in the tail, where the improvement itself is 0 in floating point."""
    log_density = -(z**2 + math.log(2 * math.pi)) / 2
    near = np.log(np.maximum(np.exp(log_density) + z * ndtr(z), 1e-300))
    # Below -1: Phi(z) = phi(z) sqrt(pi / 2) erfcx(-z / sqrt(2)), and phi(z) is taken out of the logarithm (Ament et
    # al. 2023). What is left of 1 goes like 1 / z^2, so it is bounded where rounding would make it negative.
    tail = np.maximum(-z, 1.0)
    left = np.maximum(1 - tail * math.sqrt(math.pi / 2) * erfcx(tail / math.sqrt(2)), 1e-13)
    return np.asarray(np.where(z > -1, near, log_density + np.log(left)))


def undominated_boxes(front: Floats, worst: Floats) -> tuple[Floats, Floats]:
    """Cut what no point of ``front`` (n, objectives; more is better) dominates, above ``worst``, into boxes.

    Returns their lower and upper corners, both of shape (boxes, objectives); the upper may be infinite.
    """
    if front.shape[1] == 1:
        low = max([worst[0], *front[:, 0]])
        return np.array([[low]]), np.array([[np.inf]])
    # Slabs of the last objective, from the top: only the points above a slab dominate anything in it.
    front = front[np.argsort(-front[:, -1], kind="stable")]
    edges = np.maximum(np.append(front[:, -1], worst[-1]), worst[-1])
    lower, upper, top = [], [], np.inf
    for above, bottom in enumerate(edges):
        if bottom < top:
            others = front[:above, :-1]
            low, high = undominated_boxes(others[non_dominated(-others)], worst[:-1])
            lower.append(np.column_stack([low, np.full(len(low), bottom)]))
            upper.append(np.column_stack([high, np.full(len(high), top)]))
            top = bottom
    return np.concatenate(lower), np.concatenate(upper)


def log_hypervolume_improvement(mean: Floats, deviation: Floats, lower: Floats, upper: Floats) -> Floats:
    """Return the log expected hypervolume improvement, shape (candidates,).

    ``mean`` and ``deviation`` are the predictions, shape (candidates, objectives); ``lower`` and ``upper`` the corners
    of the boxes that no result dominates, shape (boxes, objectives).
    """
    improvement = log_expected_improvement if mean.shape[1] > 1 else log_expected_improvement_of_t
    total = np.zeros((len(mean), len(lower)))  # (candidates, boxes)
    for place in range(mean.shape[1]):
        m, s = mean[:, place, None], deviation[:, place, None]  # (candidates, 1)
        total += _log_overlap(m, s, lower[:, place], upper[:, place], improvement)
    return np.asarray(logsumexp(total, axis=1))


def _log_overlap(
    mean: Floats, deviation: Floats, lower: Floats, upper: Floats, improvement: Callable[[Floats], Floats]
) -> Floats:
    """Return the log expected length of each box's side below a prediction, shape (candidates, boxes).

    ``mean`` and ``deviation`` are (candidates, 1), ``lower`` and ``upper`` (boxes,).
    """
    # Boxes share their edges: each is computed once.
    edges, back = np.unique(np.concatenate([lower, upper]), return_inverse=True)
    finite: NDArray[np.bool_] = np.isfinite(edges)
    above = np.full((len(mean), len(edges)), -np.inf)
    above[:, finite] = improvement((mean - edges[finite]) / deviation)
    low, high = above[:, back[: len(lower)]], above[:, back[len(lower) :]]
    # log(e^low - e^high); they come near only where the box is thin, and then the difference is not 0 either.
    return np.asarray(np.log(deviation) + low + np.log(np.maximum(-np.expm1(np.minimum(high - low, 0.0)), 1e-12)))

"""Ranks of values, and how far two rankings agree: for strategies, the plan and the client alike. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEWEST = 4
"""Pairs of which a tau has no interval yet."""
NORMAL_95 = 1.96
"""Standard deviations on each side that hold 95 % of a normal distribution."""

USEFUL_TAU = 0.5
"""A tau with which it is worth going by a prediction: three of four pairs in the same order."""


def rank_correlation(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation of paired values, equal ones sharing their mean rank; None if undefined."""
    if len(left) < 2:
        return None
    centred = [r - r.mean() for r in (ranks(np.asarray(values, dtype=np.float64)) for values in (left, right))]
    norm = float(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]))
    return float(centred[0] @ centred[1]) / norm if norm else None  # all ranks equal: there is no order


def kendall_tau(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Return Kendall's tau-b of paired values; None if there are fewer than two, or all of one side are equal."""
    signs = [np.sign(np.subtract.outer(v, v)) for v in (np.asarray(left, float), np.asarray(right, float))]
    norm = float(np.sqrt((signs[0] ** 2).sum() * (signs[1] ** 2).sum()))
    return float((signs[0] * signs[1]).sum()) / norm if norm else None


def tau_interval(tau: float, count: int, deviations: float = NORMAL_95) -> tuple[float, float] | None:
    """Return the interval of a tau over so many pairs, by default of 95 %; None of fewer than five, which say nothing.

    By Fisher's transformation, with the variance 0.437 / (count - 4) of Fieller, Hartley & Pearson 1957 (Biometrika
    44). A perfect order counts as one with half a pair exchanged: its interval would have no width.
    """
    if count <= FEWEST:
        return None
    bound = 1 - 2 / (count * (count - 1))
    z = math.atanh(max(-bound, min(bound, tau)))
    half = deviations * math.sqrt(0.437 / (count - FEWEST))
    return math.tanh(z - half), math.tanh(z + half)


def ranks(values: Floats) -> Floats:
    """Return the ranks of values (n), from 1 for the least, equal ones sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)

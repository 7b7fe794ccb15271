"""Ranks of values, and how far two rankings agree: for strategies, the plan and the client alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rank_correlation(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation of paired values, equal ones sharing their mean rank; None if undefined."""
    if len(left) < 2:
        return None
    centred = [r - r.mean() for r in (ranks(np.asarray(values, dtype=np.float64)) for values in (left, right))]
    norm = float(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]))
    return float(centred[0] @ centred[1]) / norm if norm else None  # all ranks equal: there is no order


def ranks(values: Floats) -> Floats:
    """Return the ranks of values (n), from 1 for the least, equal ones sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)

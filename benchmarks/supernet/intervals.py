"""Intervals by drawing again what was drawn (percentile bootstrap, Efron 1979); the draws are always the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def estimate(statistic: Callable[[Places], float], size: int) -> Estimate:
    """Return what a statistic is, and its interval.

    Args:
        statistic: of the things at some places; a place may come several times.
        size: how many things there are.
    """
    rng = np.random.default_rng(0)
    draws = [statistic(rng.integers(size, size=size)) for _ in range(RESAMPLES)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(statistic(np.arange(size)), float(low), float(high))

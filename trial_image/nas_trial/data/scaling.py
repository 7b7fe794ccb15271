"""Means and deviations of numbers that come piece by piece.

Reference: Chan, Golub, LeVeque 1983, "Algorithms for Computing the Sample Variance": parts are combined by their
counts, means and sums of squared differences, which keeps the digits that the mean of squares loses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.preprocessing.standardiser import Standardiser

ROUNDING = 1e-12
"""What varies by less than this share of its mean is constant, and is not divided by its deviation."""


@dataclass
class Moments:
    """Of each of F columns: count, mean, sum of squared differences from the mean, least and greatest value."""

    count: NDArray[np.float64]
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]

    @classmethod
    def none(cls, columns: int) -> Moments:
        """Return those of no values."""
        zeros = np.zeros(columns)
        return cls(zeros.copy(), zeros.copy(), zeros.copy(), np.full(columns, np.inf), np.full(columns, -np.inf))

    def add(self, values: NDArray[Any]) -> None:
        """Add n rows (n, F), NaN where one is missing."""
        values = values.astype(np.float64)
        there = ~np.isnan(values)
        count = there.sum(0)
        mean = np.where(there, values, 0.0).sum(0) / np.maximum(count, 1)
        squares = (np.where(there, values - mean, 0.0) ** 2).sum(0)
        total = np.maximum(self.count + count, 1)
        apart = mean - self.mean
        self.squares += squares + apart**2 * self.count * count / total
        self.mean += apart * count / total
        self.count += count
        self.least = np.minimum(self.least, np.where(there, values, np.inf).min(0, initial=np.inf))
        self.greatest = np.maximum(self.greatest, np.where(there, values, -np.inf).max(0, initial=-np.inf))

    def standardiser(self) -> Standardiser:
        """Return what gives these values mean 0 and deviation 1."""
        deviation = np.sqrt(self.squares / np.maximum(self.count, 1))
        constant = deviation <= ROUNDING * np.abs(self.mean)
        return Standardiser(self.mean, np.where(constant, 1.0, deviation))

    @property
    def single(self) -> NDArray[np.bool_]:
        """Which columns (F) have one value at most."""
        return ~(self.least < self.greatest)

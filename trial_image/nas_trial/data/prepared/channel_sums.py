"""Mean and deviation of the channels of some images, from what is kept of each: which they are is known only later.

Bytes have exact sums. Of floats each image has its means and its squared differences from them, which are combined as
Chan, Golub, LeVeque 1983 do ("Algorithms for Computing the Sample Variance"), so that large numbers keep their digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.data.raw import Index

CONSTANT = 1e-6
"""A channel with less deviation is only centred."""


@dataclass
class ChannelSums:
    """Of N images (C, H, W)."""

    exact: bool
    """Whether they are bytes: then the sums of values and of squares are kept, else means and squared differences."""
    pixels: int
    """Of one channel."""
    first: list[NDArray[Any]] = field(default_factory=list)
    second: list[NDArray[Any]] = field(default_factory=list)
    """(n, C) of each piece."""

    @classmethod
    def like(cls, images: NDArray[Any]) -> ChannelSums:
        """Return those of no images, for such as these (n, C, H, W)."""
        return cls(images.dtype == np.uint8, math.prod(images.shape[2:]))

    def add(self, images: NDArray[Any]) -> None:
        """Add images (n, C, H, W)."""
        flat = images.reshape(*images.shape[:2], -1)  # (n, C, pixels)
        if self.exact:
            self.first.append(flat.sum(2, dtype=np.int64))
            # einsum would not widen; squares of bytes fit 32 bits, their sums need more.
            self.second.append(np.square(flat, dtype=np.uint32).sum(2, dtype=np.int64))
        else:
            wide = flat.astype(np.float64)
            self.first.append(wide.mean(2))
            self.second.append(np.square(wide - self.first[-1][..., None]).sum(2))

    def of(self, rows: Index) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and deviation (C) of the channels over some of the images."""
        first, second = np.concatenate(self.first)[rows], np.concatenate(self.second)[rows]
        values = len(rows) * self.pixels
        if self.exact:
            mean = first.sum(0) / values
            variance = np.maximum(second.sum(0) / values - mean**2, 0)  # rounding may bring a variance of 0 below it
        else:
            mean = first.mean(0)
            variance = (second.sum(0) + self.pixels * np.square(first - mean).sum(0)) / values
        deviation = np.sqrt(variance)
        return mean, np.where(deviation > CONSTANT, deviation, 1.0)

"""What the rules of early stopping see of a trial, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Course:
    """The objectives of one trial after some of its epochs."""

    epochs: Ints
    """Rising, shape (points)."""
    costs: Floats
    """The objectives, turned so that less is better; shape (points, objectives)."""
    full: bool = False
    """Whether it was trained to its last epoch."""

    def at(self, epoch: int) -> Floats | None:
        """Return the costs (objectives) at an epoch, between two points those of a line; None outside of them."""
        if not len(self.epochs) or not self.epochs[0] <= epoch <= self.epochs[-1]:
            return None
        return np.array([np.interp(epoch, self.epochs, column) for column in self.costs.T])

    def average(self, epoch: int) -> Floats | None:
        """Return the mean costs (objectives) over the epochs up to one; None without a point up to there.

        A point stands for the epochs since the one before it, the first for its own.
        """
        seen = self.up_to(epoch)
        if not len(seen):
            return None
        weights = np.diff(self.epochs[: len(seen)], prepend=self.epochs[0] - 1)
        return np.asarray(weights @ seen / weights.sum(), dtype=np.float64)

    def up_to(self, epoch: int) -> Floats:
        """Return the costs of the points up to an epoch, shape (some points, objectives)."""
        return self.costs[self.epochs <= epoch]


@dataclass(frozen=True)
class Evidence:
    """Why a trial is to be stopped. With one objective ``value`` and ``threshold`` are costs.

    With several, ``value`` is the share of the others that dominate the trial, ``threshold`` the share that is enough.
    """

    value: float
    threshold: float
    others: int
    """How many trials it was compared with."""


def dominating(others: Sequence[Floats], one: Floats) -> int:
    """Return how many of some points (objectives) dominate one: nowhere worse and somewhere better."""
    rows = np.array(others)
    return int(np.sum(np.all(rows <= one, axis=1) & np.any(rows < one, axis=1)))

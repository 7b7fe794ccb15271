"""What the early-stopping rules are given, learning curves, and what they return, the evidence for a stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nas_search.ranking import Floats, non_dominated

Ints = NDArray[np.int64]

NEVER = np.iinfo(np.int64).max
"""Stands for an epoch that a shorter curve does not have."""


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """The objectives of one trial after some of its epochs."""

    epochs: Ints
    """Rising, shape (points); one at least."""
    costs: Floats
    """The objectives, turned so that less is better; shape (points, objectives)."""
    full: bool = False
    """Whether it was trained to its last epoch."""

    def at(self, epochs: Ints | int) -> Floats:
        """Return the costs at epochs, between two points those of a line, outside of them NaN.

        The shape is that of ``epochs`` with one more axis, the objectives.
        """
        columns = [np.interp(epochs, self.epochs, column, np.nan, np.nan) for column in self.costs.T]
        return np.stack(columns, axis=-1)


class Cohort:
    """The learning curves of many trials as arrays: each running trial is compared with thousands of others."""

    def __init__(self, curves: Sequence[LearningCurve]) -> None:
        """Take curves that have the same objectives."""
        self._curves = curves
        self._places = {id(curve): place for place, curve in enumerate(curves)}
        self._points = np.array([len(curve.epochs) for curve in curves], dtype=np.int64)
        inside = np.arange(self._points.max(initial=1)) < self._points[:, None]  # (trials, points)
        objectives = curves[0].costs.shape[1] if curves else 0
        self.epochs = np.full(inside.shape, NEVER)
        """Shape (trials, points), filled up with NEVER."""
        self.costs = np.full((*inside.shape, objectives), np.nan)
        """Shape (trials, points, objectives), filled up with NaN."""
        self.full = np.array([curve.full for curve in curves], dtype=bool)
        """Which were trained to their last epoch, shape (trials)."""
        if curves:
            self.epochs[inside] = np.concatenate([curve.epochs for curve in curves])
            self.costs[inside] = np.concatenate([curve.costs for curve in curves])

    def __len__(self) -> int:
        return len(self.full)

    def place(self, curve: LearningCurve) -> int | None:
        """Return the row of a curve, None if it is not of this cohort."""
        return self._places.get(id(curve))

    def seen(self, epoch: int) -> Ints:
        """Return how many points each has up to an epoch, shape (trials)."""
        return np.asarray(np.count_nonzero(self.epochs <= epoch, axis=1), dtype=np.int64)

    def at(self, epoch: int) -> Floats:
        """Return the costs at an epoch, between two points those of a line; shape (trials, objectives).

        Those that have no points on both sides have NaN.
        """
        rows, seen = np.arange(len(self)), self.seen(epoch)
        # The points just before and just after the epoch, the same point twice at the ends.
        left, right = np.maximum(seen - 1, 0), np.minimum(seen, self._points - 1)
        before, after = self.epochs[rows, left], self.epochs[rows, right]
        there = (seen > 0) & (epoch <= self.epochs[rows, self._points - 1])
        # The maximum keeps rows without two points apart from a division by 0; `where` discards what they give.
        share = np.where(there & (before < after), (epoch - before) / np.maximum(after - before, 1), 0.0)[:, None]
        values = self.costs[rows, left] * (1 - share) + self.costs[rows, right] * share
        return np.where(there[:, None], values, np.nan)

    def averages(self, epoch: int) -> Floats:
        """Return the mean costs over the epochs up to one, shape (trials, objectives); NaN without a point up to there.

        A point stands for the epochs since the one before it, the first for its own.
        """
        rows, last = np.arange(len(self)), np.maximum(self.seen(epoch) - 1, 0)
        values = self._sums[rows, last] / (self.epochs[rows, last] - self.epochs[:, 0] + 1)[:, None]
        return np.where(self.epochs[:, :1] <= epoch, values, np.nan)

    @cached_property
    def _sums(self) -> Floats:
        """The costs of all epochs up to each point, added up; shape (trials, points, objectives)."""
        # Points may be some epochs apart: each stands for all since the one before.
        weights = np.diff(self.epochs, axis=1, prepend=self.epochs[:, :1] - 1)
        return np.asarray(np.cumsum(weights[:, :, None] * self.costs, axis=1), dtype=np.float64)

    @cached_property
    def front(self) -> list[LearningCurve]:
        """Those trained in full whose results no other one's dominates."""
        rows = np.flatnonzero(self.full)
        if not len(rows):
            return []
        return [self._curves[row] for row in rows[non_dominated(self.finals[rows])].tolist()]

    @cached_property
    def finals(self) -> Floats:
        """The costs at the last point of each, shape (trials, objectives)."""
        return np.asarray(self.costs[np.arange(len(self)), self._points - 1], dtype=np.float64)


@dataclass(frozen=True)
class Evidence:
    """Why a trial is to be stopped."""

    value: float
    threshold: float
    others: int
    """How many trials it was compared with."""
    costs: bool = False
    """Whether value and threshold are costs of the only objective; else they are shares or probabilities."""


def dominating(others: Floats, point: Floats) -> int:
    """Return how many rows of ``others`` (points, objectives) dominate a point: nowhere worse and somewhere better."""
    return int(np.sum(np.all(others <= point, axis=1) & np.any(others < point, axis=1)))

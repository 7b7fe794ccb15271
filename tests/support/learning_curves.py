"""Courses of trials for tests of early stopping."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_search.stopping import Cohort, LearningCurve


def curve(epochs: Sequence[int], costs: Sequence[Sequence[float]], full: bool = False) -> LearningCurve:
    """Return a curve of points (epochs) with costs (points, objectives)."""
    return LearningCurve(np.array(epochs), np.array(costs, dtype=float), full)


def single(*values: float, full: bool = True) -> LearningCurve:
    """Return a curve of one objective that is to be maximised, with a value after each epoch."""
    return curve(range(1, len(values) + 1), [[-value] for value in values], full)


def cohort(*curves: LearningCurve) -> Cohort:
    """Return the others that a trial is compared with."""
    return Cohort(curves)

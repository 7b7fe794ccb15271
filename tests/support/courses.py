"""Courses of trials for tests of early stopping."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_search.stopping import Cohort, Course


def course(epochs: Sequence[int], costs: Sequence[Sequence[float]], full: bool = False) -> Course:
    """Return a course of points (epochs) with costs (points, objectives)."""
    return Course(np.array(epochs), np.array(costs, dtype=float), full)


def single(*values: float, full: bool = True) -> Course:
    """Return a course of one objective that is to be maximised, with a value after each epoch."""
    return course(range(1, len(values) + 1), [[-value] for value in values], full)


def cohort(*courses: Course) -> Cohort:
    """Return the others that a trial is compared with."""
    return Cohort(courses)

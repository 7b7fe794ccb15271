"""Columns of numbers that give the target away: each alone tells it, so that nothing else has to be learned.

An index that was saved with rows sorted by class, the target in another unit. Such a column may be right; more often it
is not known when the network is used. Columns of few values are looked at where tables are read
(`nas_trial.data.tables.leaks`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW = 50
"""Rows; of fewer a column may separate the classes by chance."""
CORRELATION = 0.99999


def numbers_tell_classes(values: NDArray[np.float64], classes: NDArray[np.int64]) -> bool:
    """Whether each class (n) has a range of a column's numbers (n) to itself; NaN is missing."""
    there = ~np.isnan(values)
    values, classes = values[there], classes[there]
    # A class of one row has a range to itself in many columns of many, by chance.
    several = np.isin(classes, np.flatnonzero(np.bincount(classes) > 1))
    values, classes = values[several], classes[several]
    if len(values) < FEW or len(np.unique(classes)) < 2:
        return False
    order = np.argsort(values, kind="stable")
    values, classes = values[order], classes[order]
    changes = np.flatnonzero(classes[1:] != classes[:-1])
    # One value with two classes tells neither.
    return len(changes) + 1 == len(np.unique(classes)) and bool((values[changes] < values[changes + 1]).all())


def numbers_tell_numbers(values: NDArray[np.float64], targets: NDArray[Any]) -> bool:
    """Whether targets (n) lie on a line over a column's numbers (n)."""
    there = ~np.isnan(values)
    x, y = values[there], targets[there].astype(np.float64)
    if len(x) < FEW:
        return False
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return scale > 0 and abs(float(x @ y)) / scale > CORRELATION

"""Columns that alone give the target away: a model that learns from them has learned nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nas_model.preprocessing.piece import MISSING
from nas_trial.data.tables.profile import MOST_CLASSES, Profile

NEARLY = 0.98
"""Share of each class that a column's values tell."""
ROWS_A_VALUE = 10
"""Rows with each value, on average, below which that is chance."""


def gives_away(profile: Profile, classes: int) -> bool:
    """Whether the values of a column tell the class of nearly all rows, of each of several ``classes``."""
    different = len(profile.names.places)
    if profile.names.too_many or not 2 <= classes <= MOST_CLASSES or different < 2:
        return False
    if profile.present < ROWS_A_VALUE * different or profile.missing > (1 - NEARLY) * profile.rows:
        return False
    counts = np.zeros((different, MOST_CLASSES), np.int64)  # rows by value and class
    for code, count in profile.by_class.items():
        counts[divmod(code, MOST_CLASSES)] = count
    right = np.where(counts == counts.max(1, keepdims=True), counts, 0).sum(0)  # rows of each class
    there = counts.sum(0)
    present = there > 0
    return int(present.sum()) == classes and bool((right[present] >= NEARLY * there[present]).all())


def sorted_by_class(places: NDArray[np.int32]) -> bool:
    """Whether rows are in the order of their classes (N): what counts the rows then tells the class."""
    present = places[places != MISSING]
    runs = 1 + int(np.count_nonzero(np.diff(present)))
    return len(present) >= 2 * ROWS_A_VALUE and runs == len(np.unique(present)) > 1


def warnings(profiles: Mapping[str, Profile], inputs: Sequence[str], places: NDArray[np.int32]) -> list[str]:
    """Return a warning for each of the inputs that gives the classes (N) away."""
    classes = len(np.unique(places[places != MISSING]))
    in_order = sorted_by_class(places)
    found = []
    for name in inputs:
        if gives_away(profiles[name], classes):
            found.append(f"column {name!r} alone gives the target away: each of its values comes with one class")
        elif in_order and profiles[name].growing:
            found.append(f"column {name!r} alone gives the target away: it grows with the rows, sorted by class")
    return [f"{each}; if it is not known when a prediction is made, name it in columns.ignore" for each in found]

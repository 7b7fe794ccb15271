"""Areas under the curves of scores: how well they put the examples of a class before all others. N examples.

Equal to scikit-learn's average_precision_score and roc_auc_score, with ties as they have them. Both follow from how
many examples, and how many of them of the class, have at least the score of each example of the class: one sort for
both, and the others' places are never needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def areas(scores: Floats, positive: NDArray[np.bool_]) -> tuple[float, float]:
    """Return average precision and the area under the ROC curve, of scores (N) and who is of the class (N).

    There is at least one example of the class, and one that is not.
    """
    everyone, members = np.sort(scores), np.sort(scores[positive])  # ascending: (N), (P)
    total, count = len(everyone), len(members)
    # Of each member: examples below its score, and those not above it. In between are the ties.
    below, up_to = (np.searchsorted(everyone, members, side=side) for side in ("left", "right"))  # (P,) each
    members_below, members_up_to = (np.searchsorted(members, members, side=side) for side in ("left", "right"))
    # Precision where the threshold is its score: members among all that have at least this score.
    precision = (count - members_below) / (total - below)
    # Pairs of a member and another that are in the right order; a tie is half of one.
    others = ((below - members_below) + (up_to - members_up_to)) / 2
    return float(precision.mean()), float(others.mean() / (total - count))


def mean_areas(columns: Iterable[tuple[Floats, NDArray[np.bool_]]], beat: Callable[[], None]) -> dict[str, float]:
    """Return the means over classes, each given by its scores (N) and who is of it (N); nothing without any.

    Classes that no example is of, or all are, have no curve and do not count.
    """
    found = []
    for scores, positive in columns:
        if 0 < positive.sum() < len(positive):
            found.append(areas(scores, positive))
        beat()
    if not found:
        return {}
    precision, area = np.array(found).mean(0)
    return {"average_precision": float(precision), "roc_auc": float(area)}

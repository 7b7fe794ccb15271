"""How much each decision matters: the share of an objective's variance that its values explain, each decision alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

LEAST_RESULTS = 10
"""With fewer results chance alone would explain most."""
BINS = 5
"""Groups of about equal size into which a decision with more numbers than that is divided."""


def importance(architectures: Sequence[Mapping[str, str]], values: Sequence[float]) -> dict[str, float]:
    """Return omega squared of each decision, from 0 to 1, the largest first; empty of fewer than 10 results.

    Omega squared (Hays 1963, "Statistics for Psychologists") is the share of the variance between the groups of equal
    values in a one-way analysis of variance, corrected for what chance explains. Decisions that act only together with
    others show little of it. That a decision does not apply is a value of its own.
    """
    wanted = np.asarray(values, dtype=np.float64)
    if len(wanted) < LEAST_RESULTS or not np.ptp(wanted):
        return {}
    names = dict.fromkeys(name for architecture in architectures for name in architecture)
    shares = {name: _omega_squared(_groups([each.get(name) for each in architectures]), wanted) for name in names}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _groups(values: Sequence[str | None]) -> NDArray[np.intp]:
    distinct = sorted({value for value in values if value is not None})
    try:
        numbers = np.array([np.nan if value is None else float(value) for value in values])
    except ValueError:
        numbers = None
    if numbers is not None and len(distinct) > BINS:
        bounds = np.unique(np.nanquantile(numbers, np.arange(1, BINS) / BINS))
        # What does not apply comes behind all bounds.
        return np.where(np.isnan(numbers), BINS, np.searchsorted(bounds, numbers))
    places = {value: place for place, value in enumerate([*distinct, None])}
    return np.array([places[value] for value in values])


def _omega_squared(groups: NDArray[np.intp], values: NDArray[np.float64]) -> float:
    counts = np.bincount(groups)
    kinds, left = np.count_nonzero(counts), len(values)
    if not 1 < kinds < left:
        return 0.0
    sums = np.bincount(groups, weights=values)
    means = np.divide(sums, counts, out=np.zeros(len(counts)), where=counts > 0)
    total = float(((values - values.mean()) ** 2).sum())
    within = float(((values - means[groups]) ** 2).sum()) / (left - kinds)
    return max(0.0, (total - within * (left - kinds) - (kinds - 1) * within) / (total + within))

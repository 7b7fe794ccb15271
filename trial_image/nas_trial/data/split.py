"""Stratified, seeded choices of examples: every class keeps its share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def stratified_subset(y: Index, limit: int | None, seed: int) -> Index:
    """Return the indices of at most ``limit`` examples with labels ``y`` (N), sorted.

    The limit is at least two for each class: no class that has two examples keeps less.
    """
    if limit is None or limit >= len(y):
        return np.arange(len(y))
    rng = np.random.default_rng([seed, 1])
    counts = np.bincount(y)
    exact = counts * limit / len(y)
    shares = np.maximum(np.floor(exact).astype(int), np.minimum(counts, 2))
    # The largest remainders are rounded up; what rare classes were given beyond their share, the others make up for.
    while shares.sum() < limit:
        shares[np.argmax(np.where(shares < counts, exact - shares, -np.inf))] += 1
    while shares.sum() > limit:
        shares[np.argmax(np.where(shares > 2, shares - exact, -np.inf))] -= 1
    chosen = [rng.permutation(np.flatnonzero(y == k))[: shares[k]] for k in range(len(counts))]
    return np.sort(np.concatenate(chosen))


def stratified_split(y: Index, fraction: float, seed: int) -> tuple[Index, Index]:
    """Return the indices of the training and the validation examples, sorted.

    Of each class the rounded ``fraction``, but at least one example and not all, is held out for validation.
    """
    rng = np.random.default_rng([seed, 2])
    train, val = [], []
    for k in range(int(y.max()) + 1):
        members = rng.permutation(np.flatnonzero(y == k))
        held = min(max(1, round(len(members) * fraction)), len(members) - 1)
        val.append(members[:held])
        train.append(members[held:])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(val))

"""Stratified, seeded choices of examples: every class keeps its share, and examples that are the same stay together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_trial.data.raw import Index

VALIDATION, TEST = 2, 3
"""What is held out: each has random numbers of its own."""


@dataclass(frozen=True)
class Parts:
    """Rows of the three splits, each sorted; ``left_out`` counts rows of given splits that repeat training rows."""

    train: Index
    val: Index
    test: Index
    left_out: int = 0


@dataclass(frozen=True)
class Shares:
    """How examples are to be divided: fractions held out, and how many are used at most."""

    validation: float
    test: float | None = None
    limit: int | None = None


def divide(strata: Index, same: Index, given: NDArray[np.str_] | None, shares: Shares, seed: int) -> Parts:
    """Divide N examples into training, validation and test.

    Args:
        strata: (N), what keeps its share in every split.
        same: (N), equal for examples that are the same: they come into one split.
        given: (N), train, val or test where the data says so; None: everything is to be divided.
        shares: how.
        seed: of the random numbers.
    """
    rows = np.arange(len(strata))
    if given is None:
        given = np.full(len(strata), "train")
    train, val, test = (rows[given == part] for part in ("train", "val", "test"))
    # The test split first: how many examples a search uses, or validates on, must not change it.
    if shares.test is not None:
        train, test = _hold_out(train, strata, same, shares.test, seed, TEST)
    train = train[stratified_subset(strata[train], shares.limit, seed)]
    if not len(val):
        train, val = _hold_out(train, strata, same, shares.validation, seed, VALIDATION)
    # Splits that the data itself gives may share examples; those would be known by heart.
    new = val[~np.isin(same[val], same[train])]
    unseen = test[~np.isin(same[test], same[np.concatenate([train, new])])]
    return Parts(train, new, unseen, left_out=len(val) - len(new) + len(test) - len(unseen))


def _hold_out(pool: Index, strata: Index, same: Index, fraction: float, seed: int, what: int) -> tuple[Index, Index]:
    """Divide rows: one of each group of the same examples is drawn, the others follow it."""
    # In the order of the rows: groups are numbered by hashes, which say nothing.
    first = pool[np.sort(np.unique(same[pool], return_index=True)[1])]
    _, held = stratified_split(strata[first], fraction, seed, what)
    out = np.isin(same[pool], same[first[held]])
    return pool[~out], pool[out]


def stratified_subset(y: Index, limit: int | None, seed: int) -> Index:
    """Return the indices of at most ``limit`` examples with labels ``y`` (N), sorted.

    The limit is at least two for each class: no class that has two examples keeps less.
    """
    if limit is None or limit >= len(y):
        return np.arange(len(y))
    # 1: numbers of its own, as VALIDATION and TEST have theirs.
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


def stratified_split(y: Index, fraction: float, seed: int, what: int = VALIDATION) -> tuple[Index, Index]:
    """Return the indices of the examples that stay and of those that are held out, sorted.

    Of each class the rounded ``fraction``, but at least one example and not all, is held out.
    """
    rng = np.random.default_rng([seed, what])
    stay, out = [], []
    for k in range(int(y.max()) + 1):
        members = rng.permutation(np.flatnonzero(y == k))
        # At least one to judge by, and never the last one to train on.
        held = min(max(1, round(len(members) * fraction)), max(0, len(members) - 1))
        out.append(members[:held])
        stay.append(members[held:])
    return np.sort(np.concatenate(stay)), np.sort(np.concatenate(out))

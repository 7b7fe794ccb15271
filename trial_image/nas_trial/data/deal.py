"""Deals rows out to parts: every class keeps its share in each, and rows that belong together come into one part.

`split` holds out rows with it, `folds` makes the parts of a cross-validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.data.raw import Index

Shares = NDArray[np.float64]
"""(parts, classes): how much of each class a part is to have; each column adds up to 1."""

Parts = NDArray[np.int8]
"""(G): the part of each group. A byte each, as there may be many millions."""

LARGE = 0.01
"""A group with more than this share of all rows is dealt first."""
STEPS = 20_000
"""How many of the others are dealt one by one at most."""
MOST_ORDERS, ORDERS = 500, 100_000
"""Groups are dealt in several random orders, of which the best is kept. The fewer there are the more it takes: this
number divided by their square."""


@dataclass(frozen=True)
class Groups:
    """G groups of N rows. Those with the same classes in the same numbers are of one kind."""

    of_row: Index | None
    """(N): the group of each row, from 0; None: each row is one."""
    kind: Index
    """(G): the kind of each group, from 0."""
    starts: Index
    """(kinds + 1): where the entries of each kind start in the next two, and their end."""
    classes: Index
    """(entries): a class that groups of this kind have ..."""
    rows: Index
    """(entries): ... in so many rows."""

    @cached_property
    def sizes(self) -> Index:
        """Rows of a group of each kind."""
        return np.add.reduceat(self.rows, self.starts[:-1])

    @cached_property
    def counts(self) -> Index:
        """Groups of each kind."""
        return np.bincount(self.kind, minlength=len(self.starts) - 1)

    def of_classes(self, number: Index, classes: int) -> Index:
        """Return in how many groups each class is, of so many groups of each kind."""
        each = np.repeat(number, np.diff(self.starts))
        return np.bincount(self.classes, each, classes).astype(np.int64)

    def rows_of_classes(self, number: Index, classes: int) -> NDArray[np.float64]:
        """Return how many rows of each class so many groups of each kind have."""
        rows = np.bincount(self.classes, self.rows * np.repeat(number, np.diff(self.starts)), classes)
        return rows.astype(np.float64)

    def spread(self, of_group: NDArray[Any]) -> NDArray[Any]:
        """Return for each row (N) what its group has in ``of_group`` (G)."""
        return of_group if self.of_row is None else of_group[self.of_row]


def group_rows(strata: Index, together: Index | None) -> Groups:
    """Find the groups and their kinds.

    Args:
        strata: (N), classes from 0.
        together: (N), equal for rows that belong together; None: each row is a group.
    """
    classes = int(strata.max()) + 1
    if together is None:
        there = np.bincount(strata) > 0
        different = np.flatnonzero(there)
        kind = (np.cumsum(there) - 1)[strata]
        return Groups(None, kind, np.arange(len(different) + 1), different, np.ones_like(different))
    of_row = np.unique(together, return_inverse=True)[1].reshape(-1)
    # One number for a group and a class, so that one sort counts both.
    pairs, rows = np.unique(of_row * classes + strata, return_counts=True)
    group, of_class = np.divmod(pairs, classes)
    starts = np.flatnonzero(np.diff(group, prepend=-1))  # (G)
    # A random number for each pair of class and number. Two kinds have one sum by chance once in 2^64 times.
    pair = np.unique(of_class * (int(rows.max()) + 1) + rows, return_inverse=True)[1].reshape(-1)
    names = np.random.default_rng(0).integers(0, 2**64, int(pair.max()) + 1, np.uint64)
    some, kind = np.unique(np.add.reduceat(names[pair], starts), return_index=True, return_inverse=True)[1:]
    # The entries of one group of each kind.
    lengths = np.diff(np.append(starts, len(group)))[some]
    ends = np.cumsum(lengths)
    entries = np.arange(ends[-1]) + np.repeat(starts[some] - (ends - lengths), lengths)
    return Groups(of_row, kind.reshape(-1), np.append(0, ends), of_class[entries], rows[entries])


def deal(groups: Groups, shares: Shares, rng: np.random.Generator) -> Parts:
    """Return the part (G) of each group, so that each part has about its share of each class.

    Large groups are dealt one by one, each to the part that lacks most. Of the others, those of one kind can stand for
    one another: each part gets its share of them at random, rounded down; the rest is again dealt one by one.
    """
    parts = len(shares)
    part = np.full(len(groups.kind), parts, np.int8)  # not yet dealt
    large = groups.sizes > max(1.0, LARGE * int(groups.sizes @ groups.counts))
    _deal_singly(groups, shares, np.flatnonzero(large[groups.kind]), part, rng)
    # What a part is to have of each kind, whatever classes it is of, to make up for the large ones: (parts, kinds).
    missing = _missing(groups, shares, part)
    wanted = np.stack([np.add.reduceat(each[groups.classes] * groups.rows, groups.starts[:-1]) for each in missing])
    wanted /= groups.sizes
    small = np.flatnonzero(part == parts)
    part[small] = _deal_alike(groups.kind[small], wanted, rng)
    left = np.flatnonzero(part == parts)
    if len(left) > STEPS:
        # Those in between are so many that they even out by chance; the small ones make up for what is missing.
        first, between, last = np.split(_large_first(groups, left, rng), [STEPS // 2, -STEPS // 2])
        left = np.concatenate([first, last])
        limits = np.cumsum(wanted, 0)[:-1, groups.kind[between]]
        part[between] = (rng.random(len(between)) >= limits).sum(0)
    _deal_singly(groups, shares, left, part, rng)
    return part


def shuffle_within(kind: Index, counts: Index, rng: np.random.Generator) -> tuple[Index, Index]:
    """Return an order (N) of what is of some kinds, kind by kind and random within, and the place of each in its kind.

    ``kind`` (N) is a number from 0; ``counts`` (kinds) says how many there are of each.
    """
    order = rng.permutation(len(kind))
    # Numbers of two bytes are sorted six times faster.
    small = kind.astype(np.min_scalar_type(len(counts)))
    order = order[np.argsort(small[order], kind="stable")]
    return order, np.arange(len(kind)) - np.repeat(np.cumsum(counts) - counts, counts)


def _deal_alike(kind: Index, wanted: NDArray[np.float64], rng: np.random.Generator) -> Parts:
    """Return the part of each of some groups, of these kinds; of those that are left over, the number of parts.

    ``wanted`` (parts, kinds) is the share of each kind that a part is to have.
    """
    counts = np.bincount(kind, minlength=wanted.shape[1])
    order, place = shuffle_within(kind, counts, rng)
    dealt = np.zeros(len(order), np.int8)
    ends = np.zeros(len(counts), np.int64)
    for share in wanted:
        # 3 times a third may come out a little less than 1.
        ends += np.floor(share * counts + 1e-6).astype(np.int64)
        dealt += place >= np.repeat(ends, counts)
    part = np.empty_like(dealt)
    part[order] = dealt
    return part


def _large_first(groups: Groups, chosen: Index, rng: np.random.Generator) -> Index:
    """Return groups in a random order, but those of twice the size first: the small ones then even out."""
    mixed = rng.permutation(chosen)
    return mixed[np.argsort(-np.floor(np.log2(groups.sizes[groups.kind[mixed]])), kind="stable")]


def _have(groups: Groups, shares: Shares, part: Parts) -> NDArray[np.float64]:
    """Return how many rows of each class the parts have (parts, classes)."""
    of_kinds = (groups.kind[part == number] for number in range(len(shares)))
    counts = [np.bincount(of_kind, minlength=len(groups.counts)) for of_kind in of_kinds]
    return np.stack([groups.rows_of_classes(count, shares.shape[1]) for count in counts])


def _missing(groups: Groups, shares: Shares, part: Parts) -> Shares:
    """Return the shares of what is not yet dealt, with which the parts come to their shares of everything."""
    have, total = _have(groups, shares, part), groups.rows_of_classes(groups.counts, shares.shape[1])
    missing = np.maximum(shares * total - have, 0)
    rest = missing.sum(0)
    return np.asarray(np.where(rest > 0, missing / np.where(rest > 0, rest, 1), shares))


def _deal_singly(groups: Groups, shares: Shares, chosen: Index, part: Parts, rng: np.random.Generator) -> None:
    """Deal some groups, into ``part`` (G), in the best of several orders."""
    if not len(chosen):
        return
    have = _have(groups, shares, part)
    lack = shares * have.sum(0) - have
    lack = np.concatenate([lack, lack.sum(1, keepdims=True)], axis=1)
    best, least = part, np.inf
    for number in range(max(1, min(MOST_ORDERS, ORDERS // len(chosen) ** 2))):
        # Of a dozen groups it may take another order to come out even.
        order = rng.permutation(chosen) if number % 2 else _large_first(groups, chosen, rng)
        tried = part.copy()
        error = _deal_in_order(groups, shares, order, lack.copy(), tried)
        if error < least:
            best, least = tried, error
    part[:] = best


def _deal_in_order(groups: Groups, shares: Shares, order: Index, lack: NDArray[np.float64], part: Parts) -> float:
    """Deal groups in this order, into ``part`` (G); return how far from the shares that ends.

    The error is diffused: each group adds to what every part lacks, and goes to the part that lacks most of its rows.

    Args:
        groups: all groups.
        shares: what each part is to have.
        order: the numbers of those that are dealt.
        lack: (parts, classes + 1), how many rows of each class, and in all, a part lacks of its share of what has been
            dealt; kept true.
        part: (G), filled in.
    """
    classes = shares.shape[1]
    # Each class counts the same, however rare it is; the number of rows as much as one of the usual size.
    total = groups.rows_of_classes(groups.counts, classes)
    weights = np.append(1 / np.maximum(total, 1), classes / total.sum())
    for group in order.tolist():
        kind = groups.kind[group]
        entries = slice(groups.starts[kind], groups.starts[kind + 1])
        rows, of = groups.rows[entries], groups.classes[entries]
        wanted = shares[:, of] * rows
        lack[:, of] += wanted
        lack[:, -1] += wanted.sum(1)
        which, rows = np.append(of, classes), np.append(rows, rows.sum())
        chosen = int((lack[:, which] @ (weights[which] * rows)).argmax())
        lack[chosen, which] -= rows
        part[group] = chosen
    return float((lack**2 @ weights).sum())

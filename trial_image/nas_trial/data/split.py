"""Seeded division of rows into training, validation and test: what `load` does before anything is fitted.

What the data say themselves is never changed. The rest is divided by time where rows have one, else so that every
class has the asked share of its rows in each split, with rows that belong together in one of them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Dataset
from nas_trial.data.deal import Groups, deal, group_rows, shuffle_within
from nas_trial.data.raw import Index
from nas_trial.errors import DatasetInvalid

LIMIT, VALIDATION, TEST = 1, 2, 3
"""What is drawn: each has random numbers of its own."""
VALUES = {"numeric", "categorical", "text"}
"""Inputs in which examples may be equal by chance; equal images are one image twice."""
FAR = 0.03
"""How far a share may be from the asked one without a warning."""


@dataclass(frozen=True)
class Division:
    """How examples are to be divided: fractions held out, how many are used at most, and what is kept together."""

    validation: float
    test: float | None = None
    limit: int | None = None
    duplicates: str = "together"
    """As task.dataset.duplicates."""
    values: bool = False
    """Whether the examples are rows of a table, or texts, alone."""
    where: str = "the data"
    """Where the data come from, for messages."""

    @classmethod
    def of(cls, dataset: Dataset, inputs: Collection[str], where: str) -> Division:
        """Return what a search asks for; ``inputs`` are those that an example has."""
        return cls(
            validation=float(dataset.validation_fraction),
            test=float(dataset.test_fraction) if dataset.test_fraction else None,
            limit=dataset.max_examples,
            duplicates=dataset.duplicates,
            values=VALUES.issuperset(inputs),
            where=where,
        )


@dataclass(frozen=True)
class Parts:
    """Rows of the three splits, each sorted."""

    train: Index
    val: Index
    test: Index
    together: Index | None = None
    """(N), equal for rows that were kept together; None: each was divided by itself."""
    warnings: tuple[str, ...] = ()


def divide(
    strata: Index,
    same: Index,
    given: NDArray[np.str_] | None,
    groups: Index | None,
    times: NDArray[np.float64] | None,
    how: Division,
    seed: int,
) -> Parts:
    """Divide N examples into training, validation and test.

    Args:
        strata: (N), classes from 0: what keeps its share in every split.
        same: (N), equal for examples that are equal.
        given: (N), train, val or test where the data says so; None: everything is to be divided.
        groups: (N), equal for examples that belong together; None: they do not.
        times: (N), finite; the newest are held out; None: rows have no time.
        how: what is asked for.
        seed: of the random numbers.

    Raises:
        DatasetInvalid: if a split would be empty.
    """
    if given is None:
        train, val, test = np.arange(len(strata)), np.arange(0), np.arange(0)
    else:
        train, val, test = (np.flatnonzero(given == part) for part in ("train", "val", "test"))
    together, warnings = _kept_together(same, groups, times, how)
    drawn = _Drawn(strata, together, times, how, seed)
    # The test split first: how many examples a search uses, or validates on, must not change it.
    if how.test is not None:
        train, test = drawn.hold_out(train, how.test, TEST, "test")
    if how.limit is not None:
        # Rows, not groups: what is not used does no harm, and more groups tell more.
        train = train[stratified_subset(strata[train], how.limit, seed)]
    if not len(val):
        train, val = drawn.hold_out(train, how.validation, VALIDATION, "validation")
    if not len(train):
        raise DatasetInvalid(f"{how.where}: no row is left to train on; mark fewer rows as val or test")
    warnings += drawn.warnings
    for name, judged, learned in (("validation", val, train), ("test", test, np.concatenate([train, val]))):
        # What was drawn at random is as it was asked for. What was given, or is the newest, may not be.
        if times is not None or name not in drawn.names:
            warnings += _leaks(name, judged, learned, same, groups, how.where)
    return Parts(train, val, test, together, tuple(warnings))


def stratified_subset(y: Index, limit: int, seed: int) -> Index:
    """Return the indices of at most ``limit`` examples with labels ``y`` (N), sorted.

    The limit is at least two for each class: no class that has two examples keeps less.
    """
    if limit >= len(y):
        return np.arange(len(y))
    rng = np.random.default_rng([seed, LIMIT])
    counts = np.bincount(y)
    exact = counts * limit / len(y)
    shares = np.maximum(np.floor(exact).astype(int), np.minimum(counts, 2))
    # The largest remainders are rounded up; what rare classes were given beyond their share, the others make up for.
    while shares.sum() < limit:
        shares[np.argmax(np.where(shares < counts, exact - shares, -np.inf))] += 1
    while shares.sum() > limit:
        shares[np.argmax(np.where(shares > 2, shares - exact, -np.inf))] -= 1
    order, place = shuffle_within(y, counts, rng)
    return np.sort(order[place < np.repeat(shares, counts)])


@dataclass(frozen=True)
class _Drawn:
    """What is held out of which rows, and what is odd about it."""

    strata: Index
    together: Index | None
    times: NDArray[np.float64] | None
    how: Division
    seed: int
    names: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def hold_out(self, pool: Index, fraction: float, what: int, name: str) -> tuple[Index, Index]:
        """Return the rows of a pool that stay, and those that become the named split."""
        self.names.append(name)
        strata = self.strata[pool]
        if self.times is not None:
            out = newest(self.times[pool], fraction)
        else:
            together = None if self.together is None else self.together[pool]
            out = hold_out(strata, together, fraction, np.random.default_rng([self.seed, what]))
        if not out.any():
            raise DatasetInvalid(f"{self.how.where}: {self._why_empty(pool, name)}")
        # Without groups no choice of rows would be nearer.
        if self.times is not None or self.together is not None:
            self._warn(strata, out, fraction, name)
        return pool[~out], pool[out]

    def _why_empty(self, pool: Index, name: str) -> str:
        if len(pool) < 2:
            return f"{len(pool)} rows are too few to make a {name} split of; give more, or mark some as train"
        if self.times is not None:
            return f"the {name} split would be empty, because all rows have one time; remove dataset.time"
        if self.together is not None:
            return (
                f"the {name} split would be empty, because no rows can be held out without parting some that are kept "
                "together (equal ones, or those of a dataset.group); give more rows, or set dataset.duplicates: ignore "
                "or another dataset.group"
            )
        return f"the {name} split would be empty, because every class has one row; give at least two of each"

    def _warn(self, strata: Index, out: NDArray[np.bool_], fraction: float, name: str) -> None:
        why = "those of one time" if self.times is not None else "those that belong together"
        if unknown := int((~np.isin(strata[out], strata[~out])).sum()):
            self.warnings.append(f"{self.how.where}: {unknown} {name} rows are of classes that no older row has")
        share = float(out.mean())
        if abs(share - fraction) > max(FAR, 1 / len(out)):
            self.warnings.append(
                f"{self.how.where}: the {name} split has {out.sum()} of {len(out)} rows, {share:.1%} instead of "
                f"{fraction:.1%}: {why} come into one split"
            )
        shares = [np.bincount(strata[of], minlength=int(strata.max()) + 1) / of.sum() for of in (out, ~out)]
        apart = float(np.abs(shares[0] - shares[1]).max())
        if self.times is None and apart > max(FAR, 1 / out.sum()):
            self.warnings.append(
                f"{self.how.where}: the share of a class (or of a tenth of the targets) in the {name} split and in the "
                f"rest differs by up to {apart:.1%}: {why} come into one split"
            )


def hold_out(strata: Index, together: Index | None, fraction: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which rows (N) are held out: about the fraction of each class, but at least one row and not all."""
    if not len(strata):
        return np.zeros(0, bool)
    groups = group_rows(strata, together)
    counts = np.bincount(strata)
    # At least one to judge by, and never the last one to train on.
    rows = np.clip(counts * fraction, 1, np.maximum(counts - 1, 1))
    divisible = groups.of_classes(groups.counts, len(counts)) > 1
    wanted = np.where(divisible, rows / np.maximum(counts, 1), 0)
    held = deal(groups, np.stack([1 - wanted, wanted]), rng).astype(bool)
    _put_on_both_sides(groups, held, len(counts))
    return groups.spread(held)


def _put_on_both_sides(groups: Groups, held: NDArray[np.bool_], classes: int) -> None:
    """Move a small group of each class that is on one side alone, where it has another; training goes first."""
    total = groups.of_classes(groups.counts, classes)
    kinds = np.repeat(np.arange(len(groups.counts)), np.diff(groups.starts))
    for side in (True, False):
        of_kind = np.bincount(groups.kind[held == side], minlength=len(groups.counts))
        lacking = (groups.of_classes(of_kind, classes) == 0) & (total > (1 if side else 0))
        for k in np.flatnonzero(lacking):
            members = np.flatnonzero(np.isin(groups.kind, kinds[groups.classes == k]))
            # It may have been moved with another class.
            if (held[members] != side).all():
                held[members[groups.sizes[groups.kind[members]].argmin()]] = side


def newest(times: NDArray[np.float64], fraction: float) -> NDArray[np.bool_]:
    """Return which rows (N) are the newest, about the fraction of them; rows of one time are on one side."""
    moments, counts = np.unique(times, return_counts=True)
    # From each moment but the first on, so that something is left.
    since = np.cumsum(counts[::-1])[::-1][1:]
    if not len(since):
        return np.zeros(len(times), bool)
    return np.asarray(times >= moments[1:][np.abs(since - fraction * len(times)).argmin()])


def _kept_together(
    same: Index, groups: Index | None, times: NDArray[np.float64] | None, how: Division
) -> tuple[Index | None, list[str]]:
    """Return what is kept together (N), and what to say of it."""
    if times is not None:
        return None, []
    counts = np.unique(same, return_counts=True)[1]
    repeating = int(counts[counts > 1].sum())
    if how.duplicates == "ignore" or not repeating:
        return groups, []
    if how.duplicates == "auto" and how.values and 2 * repeating > len(same):
        return groups, [
            f"{how.where}: {repeating} of {len(same)} rows equal another one, as is usual where columns have few "
            "values: equal rows may come into different splits; dataset.duplicates: together keeps them in one"
        ]
    if groups is None:
        return same, []
    joined = _joined(same, groups)
    if how.duplicates == "auto" and 2 * np.bincount(joined).max() > len(joined):
        return groups, [
            f"{how.where}: equal rows link most rows of different groups (dataset.group): groups come into one split, "
            "but equal rows may not; dataset.duplicates: together keeps these in one, too"
        ]
    return joined, []


def _joined(one: Index, other: Index) -> Index:
    """Return numbers (N) that are equal for rows which either of two numberings holds together, however indirectly."""
    from scipy.sparse import coo_array  # here: a tenth of a second, which data without groups need not pay
    from scipy.sparse.csgraph import connected_components

    a, b = (np.unique(each, return_inverse=True)[1].reshape(-1) for each in (one, other))
    size = int(a.max()) + int(b.max()) + 2
    edges = coo_array((np.ones(len(a), bool), (a, b + int(a.max()) + 1)), shape=(size, size))
    return np.asarray(connected_components(edges, directed=False)[1][a], np.int64)


def _leaks(name: str, judged: Index, learned: Index, same: Index, groups: Index | None, where: str) -> list[str]:
    """Say how many rows of a split equal rows that are learned from, or are of a group with them."""
    return [
        f"{where}: {count} of {len(judged)} {name} rows {what} that are trained on"
        for ids, what in ((same, "equal rows"), (groups, "are of one group with rows"))
        if ids is not None and (count := int(np.isin(ids[judged], ids[learned]).sum()))
    ]

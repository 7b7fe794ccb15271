"""Gradient-boosted trees: several ensembles, each on a part of the results; how far they differ is the uncertainty.

Trees take no distance between candidates for granted. That helps where a few decisions matter and their effects are
steps, and where features have nothing in common but that they are numbers. They say little of what lies between
results, so with few of them a Gaussian process (`gaussian_process`) ranks better.

References: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 2001, and
"Stochastic Gradient Boosting", CSDA 2002 (parts of the results and columns); Lakshminarayanan, Pritzel & Blundell,
"Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles", NeurIPS 2017, arXiv:1612.01474
(deviation of the members); Zela et al., "Surrogate NAS Benchmarks", ICLR 2022, arXiv:2008.09777 (trees on cells).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_search.ranking import Floats

MEMBERS = 8
"""Ensembles whose mean is the prediction."""
TREES = 120
"""Trees of a member."""
DEPTH = 3
"""Splits on the way to a leaf: how many decisions may act together."""
RATE = 0.1
"""What a tree corrects of the error that the trees before it leave."""
RESULTS_USED = 0.7
"""Share of the results that a member learns from; of the others it says how wrong it is."""
COLUMNS_USED = 0.5
"""Share of the splits that a tree may choose among."""
RIDGE = 1.0
"""What is added to the number of results of a leaf, so that a leaf of few corrects little."""
MOST_SPLITS = 16
"""Thresholds of a column."""


@dataclass(frozen=True)
class Trees:
    """The fitted trees: complete binary ones, all of the same depth."""

    columns: NDArray[np.intp]
    """The column that each possible split looks at, shape (splits,)."""
    thresholds: Floats
    """The value above which a row goes to the second branch there, shape (splits,)."""
    chosen: NDArray[np.intp]
    """The split of each node, level by level, shape (trees, members, 2**DEPTH - 1)."""
    leaves: Floats
    """What each leaf adds, shape (trees, members, 2**DEPTH)."""
    start: float
    """What no tree has corrected yet."""
    error: float
    """Root mean square of the errors of members at results that they did not learn from."""

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the values of some candidates; shapes (n,)."""
        above = rows[:, self.columns] > self.thresholds
        members = np.full((self.leaves.shape[1], len(rows)), self.start)
        for splits, leaves in zip(self.chosen, self.leaves, strict=True):
            members += np.take_along_axis(leaves, _leaves(splits, above), axis=1)
        return members.mean(0), np.sqrt(members.var(0) + self.error**2)


class BoostedTrees:
    """The predictor, with the settings above."""

    def fit(self, rows: Floats, values: Floats) -> Trees:
        """Learn from results: ``rows`` (n, columns) and their ``values`` (n,)."""
        rng = np.random.default_rng(0)
        columns, thresholds = _splits(rows)
        above = (rows[:, columns] > thresholds).astype(np.float64)  # (n, splits)
        start = float(values.mean())
        # A member learns from the first of a permutation of its own; (members, n).
        order = np.argsort(rng.random((MEMBERS, len(rows))), axis=1)
        used = (order < max(RESULTS_USED * len(rows), 1)).astype(np.float64)
        fitted = np.full((MEMBERS, len(rows)), start)
        chosen = np.zeros((TREES, MEMBERS, 2**DEPTH - 1), dtype=np.intp)
        leaves = np.zeros((TREES, MEMBERS, 2**DEPTH))
        for tree in range(TREES):
            allowed = rng.random((MEMBERS, 1, len(columns))) < COLUMNS_USED
            chosen[tree], leaves[tree] = _tree(above, used, used * (values - fitted), allowed)
            fitted += np.take_along_axis(leaves[tree], _leaves(chosen[tree], above > 0), axis=1)
        left = used == 0
        error = float(np.sqrt(np.mean((fitted - values)[left] ** 2))) if left.any() else 1.0
        return Trees(columns, thresholds, chosen, leaves, start, error)


def _splits(rows: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return column and threshold of all possible splits of some rows; both of shape (splits,)."""
    columns, thresholds = [], []
    for column in range(rows.shape[1]):
        values = np.unique(rows[:, column])
        between = (values[1:] + values[:-1]) / 2
        if len(between) > MOST_SPLITS:
            between = between[np.linspace(0, len(between) - 1, MOST_SPLITS).round().astype(int)]
        columns += [column] * len(between)
        thresholds += between.tolist()
    if not columns:  # all rows are equal: a split that parts nothing
        return np.zeros(1, dtype=np.intp), np.full(1, np.inf)
    return np.array(columns, dtype=np.intp), np.array(thresholds)


def _tree(
    above: Floats, used: Floats, residuals: Floats, allowed: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Floats]:
    """Grow one tree a member, level by level.

    ``above`` (n, splits) says which branch each row takes; ``used`` (members, n) which rows count; ``residuals``
    (members, n) are what is to be corrected there, 0 elsewhere; ``allowed`` (members, 1, splits).
    """
    members, n = used.shape
    node = np.zeros((members, n), dtype=np.intp)
    chosen = []
    for level in range(DEPTH):
        here = np.arange(2**level)[None, :, None] == node[:, None, :]  # (members, nodes, n)
        count, total = here * used[:, None, :], here * residuals[:, None, :]
        counts, totals = count.sum(2, keepdims=True), total.sum(2, keepdims=True)
        right, gone = count @ above, total @ above  # (members, nodes, splits)
        gain = gone**2 / (right + RIDGE) + (totals - gone) ** 2 / (counts - right + RIDGE)
        best = np.argmax(np.where(allowed, gain, -1.0), axis=2)  # (members, nodes)
        chosen.append(best)
        split = np.take_along_axis(best, node, axis=1)
        node = 2 * node + (above[np.arange(n), split] > 0)
    here = np.arange(2**DEPTH)[None, :, None] == node[:, None, :]
    sums, counts = (here * residuals[:, None, :]).sum(2), (here * used[:, None, :]).sum(2)
    return np.concatenate(chosen, axis=1), RATE * sums / (counts + RIDGE)


def _leaves(splits: NDArray[np.intp], above: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the leaf of each row in a tree of each member, shape (members, rows).

    ``splits`` (members, nodes), ``above`` (rows, splits).
    """
    node = np.zeros((len(splits), len(above)), dtype=np.intp)
    for level in range(DEPTH):
        split = np.take_along_axis(splits[:, 2**level - 1 :], node, axis=1)
        node = 2 * node + above[np.arange(len(above)), split]
    return node

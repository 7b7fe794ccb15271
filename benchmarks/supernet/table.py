"""The table of networks trained alone, and what a ranking is worth against it.

What counts as an architecture's quality is its accuracy on the test images, the mean of its seeds: no search sees it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from benchmarks.supernet.architectures import SPACE
from benchmarks.supernet.intervals import Estimate, Places, estimate
from nas_core.spaces import Architecture, get_space

TABLE = Path(__file__).with_name("fashion_mnist.csv")
SIMULATED = 200
"""Tables that are drawn to say what a ranking could reach at most."""


@dataclass(frozen=True)
class Row:
    """An architecture; a value for each seed."""

    id: str
    origin: str
    """``random``: drawn uniformly; ``strong``: known to be; ``given``: chosen by a search, and trained for that."""
    architecture: Architecture
    validation: Sequence[float]
    test: Sequence[float]
    seconds: Sequence[float]
    parameters: int
    macs: int

    @property
    def accuracy(self) -> float:
        """Its quality."""
        return fmean(self.test)


@dataclass(frozen=True)
class Table:
    """All rows by id."""

    all: Mapping[str, Row]

    @property
    def rows(self) -> list[Row]:
        """Those that were chosen before any search: on them rankings are compared."""
        return [row for row in self.all.values() if row.origin != "given"]

    @property
    def top_half(self) -> list[Row]:
        """Of :attr:`rows`, those at or above the median."""
        middle = median(row.accuracy for row in self.rows)
        return [row for row in self.rows if row.accuracy >= middle]

    def best(self, share: float) -> list[Row]:
        """Return so much of :attr:`rows`, rounded up, the best first."""
        ordered = sorted(self.rows, key=lambda row: -row.accuracy)
        return ordered[: -int(-len(ordered) * share // 1)]

    def percentile(self, chosen: str) -> float:
        """Return how many per cent of the space an architecture (an id) is better than.

        Only those count that were drawn uniformly, the architecture itself left out; one as good counts as half.

        Raises:
            KeyError: if it is not in the table.
        """
        own = self.all[chosen].accuracy
        others = [row.accuracy for row in self.rows if row.origin == "random" and row.id != chosen]
        return 100 * fmean((other < own) + (other == own) / 2 for other in others)


def read(path: Path = TABLE) -> Table:
    """Read what `ground_truth` wrote."""
    edges = [decision.name for decision in get_space(SPACE).decisions]

    def values(line: Mapping[str, str], name: str) -> list[float]:
        return [float(value) for column, value in line.items() if column.startswith(f"{name}_s")]

    with path.open(newline="") as file:
        rows = [
            Row(
                id=line["id"],
                origin=line["origin"],
                architecture={edge: line[edge] for edge in edges},
                validation=values(line, "val_acc"),
                test=values(line, "test_acc"),
                seconds=values(line, "seconds"),
                parameters=int(line["parameters"]),
                macs=int(line["macs"]),
            )
            for line in csv.DictReader(file)
        ]
    return Table({row.id: row for row in rows})


def tau(rankings: Sequence[Mapping[str, float]], rows: Sequence[Row]) -> Estimate:
    """Return Kendall's tau-b of scores with quality: the mean of several rankings of one method.

    The interval is over architectures, which are drawn again together for all rankings.

    Args:
        rankings: a score for each row's id, more is better; several supernets give several.
        rows: those that are ranked.

    Raises:
        ValueError: if a row has no score.
    """
    for ranking in rankings:
        if missing := [row.id for row in rows if row.id not in ranking]:
            raise ValueError(f"{len(missing)} of {len(rows)} architectures have no score, {missing[0]} for one")
    quality = np.array([row.accuracy for row in rows])  # (rows,)
    scores = [np.array([ranking[row.id] for row in rows]) for ranking in rankings]

    def mean(places: Places) -> float:
        return fmean(_tau(each[places], quality[places]) for each in scores)

    return estimate(mean, len(rows))


def between_seeds(rows: Sequence[Row]) -> Estimate:
    """Return Kendall's tau of the accuracies of one seed with those of the other."""
    first, second = (np.array([row.test[seed] for row in rows]) for seed in (0, 1))
    return estimate(lambda places: _tau(first[places], second[places]), len(rows))


def ceilings(table: Table) -> tuple[float, float]:
    """Return Kendall's tau that a ranking by true quality would reach, over all and over the top half.

    The table itself is noisy, so not even such a ranking agrees with it wholly. Half the difference of a row's two
    seeds varies as the error of their mean does. So tables are drawn in which each mean is off by its row's half
    difference, up or down by chance, from true qualities; these are the table's means drawn together until their
    variance is that of the means less that of the errors (Spearman's correction for attenuation, 1904, by simulation).
    """
    measured = np.array([row.accuracy for row in table.rows])
    errors = np.array([(row.test[0] - row.test[1]) / 2 for row in table.rows])
    kept = max(0.0, 1 - float((errors**2).mean() / measured.var()))
    true = measured.mean() + np.sqrt(kept) * (measured - measured.mean())
    rng, over_all, of_top = np.random.default_rng(0), [], []
    for _ in range(SIMULATED):
        drawn = true + errors * rng.choice((-1.0, 1.0), size=len(errors))
        top = drawn >= np.median(drawn)
        over_all.append(_tau(true, drawn))
        of_top.append(_tau(true[top], drawn[top]))
    return fmean(over_all), fmean(of_top)


def _tau(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return Kendall's tau-b, over all pairs at once: of so few values that is many times faster than SciPy's."""
    signs = [np.sign(values[:, None] - values) for values in (one, other)]  # each (n, n)
    pairs = float(np.sqrt(np.prod([np.abs(sign).sum() for sign in signs])))
    return float((signs[0] * signs[1]).sum()) / pairs if pairs else 0.0  # where all are equal nothing is ranked

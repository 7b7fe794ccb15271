"""Trial-seconds until one of the table's best 5 % has been trained alone: evolution beside weight sharing.

Evolution is the product's own, on the part of the space that the table has, and trains every candidate in full: its
seconds add up, however many run at a time. Weight sharing pays for the supernet and for scoring all candidates, then
trains them alone, the best scored first. Both sides have reached the goal when they have trained one of the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from benchmarks.supernet.intervals import Estimate, Places, estimate
from benchmarks.supernet.scored import Supernet
from benchmarks.supernet.table import Table
from benchmarks.supernet.tabulated import TabulatedCells
from nas_benchmark.entrants import make
from nas_benchmark.simulation import search
from nas_benchmark.table import Table as SimulatedTable
from nas_core.api.strategy import Objective

BEST = 0.05
"""Share of the table."""
STRATEGY = "regularized-evolution"


@dataclass(frozen=True)
class Reached:
    """What it took until one of the best was trained."""

    seconds: float
    trained: int
    """Architectures that were trained alone, the one of the best included."""


@dataclass(frozen=True)
class Comparison:
    """Weight sharing by one method beside evolution."""

    ratio: Estimate
    """Mean seconds of weight sharing by those of evolution, drawn again in pairs."""
    evolution: Reached
    sharing: Reached
    """Means, of the seconds; of those trained, rounded."""


def evolution(table: Table, seed: int, strategy: str = STRATEGY) -> Reached:
    """Search the table by a strategy of the product, which sees the validation accuracy of one of the two trainings.

    Args:
        table: what is searched; its seconds count.
        seed: of the search; it also says of which training each result is.
        strategy: its name, and settings (`nas_benchmark.entrants.make`).
    """
    best = {row.id for row in table.best(BEST)}
    metrics = {
        row.id: {
            "value": row.validation[seed % len(row.validation)],
            "seconds": fmean(row.seconds),
            "best": float(row.id in best),
        }
        for row in table.rows
    }
    space = TabulatedCells([row.architecture for row in table.rows])
    entrant = make(strategy, space, [Objective.model_construct(metric="value", goal="maximize")], seed)
    played = search(entrant, SimulatedTable(space, "mean", metrics), len(metrics), 1, "seconds")
    first = next(place for place, result in enumerate(played.results) if result and result["best"])
    return Reached(played.ended_at[first], first + 1)


def weight_sharing(table: Table, supernet: Supernet) -> Reached:
    """Train the candidates alone in the order of their scores, after the supernet."""
    best, scale = {row.id for row in table.best(BEST)}, _scale(table, supernet)
    spent = supernet.supernet_seconds + supernet.scoring_seconds
    ordered = sorted(table.rows, key=lambda row: (-supernet.scores[row.id], row.id))
    for trained, row in enumerate(ordered, start=1):
        spent += scale * fmean(row.seconds)
        if row.id in best:
            return Reached(spent, trained)
    raise AssertionError("the best are rows of the table")


def training_seconds(table: Table) -> float:
    """Return what a training takes in the mean, as the table says."""
    return fmean(fmean(row.seconds) for row in table.rows)


def _scale(table: Table, supernet: Supernet) -> float:
    """Return by how much longer a training takes where the supernet was trained than the table says."""
    return 1.0 if supernet.training_seconds is None else supernet.training_seconds / training_seconds(table)


def compare(table: Table, supernets: Sequence[Supernet], searches: Sequence[Reached]) -> Comparison:
    """Compare searches by :func:`evolution` with the supernets of one method, each of which is met as often.

    Raises:
        ValueError: if the supernets' seconds cannot be compared with one another: some have ``training_seconds`` of
            their own, or their device is another.
    """
    if len({(supernet.device, supernet.training_seconds is None) for supernet in supernets}) > 1:
        raise ValueError("supernets of one method have seconds of several devices or trainers; compare them apart")
    sharing = [weight_sharing(table, supernet) for supernet in supernets]
    ours, theirs = [], []
    for place, found in enumerate(searches):
        met = place % len(supernets)
        ours.append(sharing[met])
        theirs.append(Reached(found.seconds * _scale(table, supernets[met]), found.trained))
    seconds = np.array([[one.seconds for one in side] for side in (ours, theirs)])  # (2, searches)

    def ratio(places: Places) -> float:
        sharing, evolution = seconds[:, places].mean(axis=1)
        return float(sharing / evolution)

    return Comparison(estimate(ratio, len(searches)), _mean(theirs), _mean(ours))


def _mean(found: Sequence[Reached]) -> Reached:
    return Reached(fmean(one.seconds for one in found), round(fmean(one.trained for one in found)))

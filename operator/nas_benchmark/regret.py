"""Measures how far a run had come after each query: regret for one objective, hypervolume for several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nas_benchmark.simulation import Run
from nas_benchmark.table import Table
from nas_core.api.strategy import Objective
from nas_core.objectives import cost_of, costs_of
from nas_search.hypervolume import hypervolume
from nas_search.ranking import Floats, non_dominated

Reference = Literal["worst", "median"]
REFERENCES: tuple[Reference, ...] = ("worst", "median")


def incumbents(run: Run, objective: Objective) -> list[int | None]:
    """Return after each query the place of the best result so far; None while all failed."""
    best: int | None = None
    least, places = math.inf, []
    for place, result in enumerate(run.results):
        if result and (cost := cost_of(objective, result[objective.metric])) < least:
            best, least = place, cost
        places.append(best)
    return places


def regrets(run: Run, objective: Objective, best: float) -> list[float]:
    """Return after each query how far the best so far is from the table's best; inf while all failed."""
    regret = []
    for place in incumbents(run, objective):
        result = run.results[place] if place is not None else None
        # cost_of turns the sign where more is better, so a regret is never below 0.
        regret.append(cost_of(objective, result[objective.metric] - best) if result else math.inf)
    return regret


@dataclass(frozen=True)
class HypervolumeShares:
    """Hypervolumes as shares of that of the table's true front."""

    objectives: Sequence[Objective]
    references: Mapping[Reference, Floats]
    """The worst value of each objective in the table, and the medians; less is better; shape (objectives,)."""
    whole: Mapping[Reference, float]
    """Hypervolume of the true front."""

    @classmethod
    def of(cls, table: Table, objectives: Sequence[Objective]) -> HypervolumeShares:
        """Measure a table's front."""
        values = _costs(list(table.metrics.values()), objectives)
        front = values[non_dominated(values)]  # (points, objectives)
        references: dict[Reference, Floats] = {"worst": values.max(axis=0), "median": np.median(values, axis=0)}
        return cls(objectives, references, {name: hypervolume(front, point) for name, point in references.items()})

    def curve(self, run: Run, reference: Reference) -> list[float]:
        """Return the share after each query."""
        point, whole = self.references[reference], self.whole[reference]
        front, share, shares = np.empty((0, len(self.objectives))), 0.0, []
        for result in run.results:
            if result:
                new = _costs([result], self.objectives)
                # A dominated result changes nothing, and a hypervolume takes far longer than this test.
                if not np.any(np.all(front <= new, axis=1)):
                    front = np.vstack([front[~np.all(front >= new, axis=1)], new])  # what the new point dominates goes
                    share = hypervolume(front, point) / whole if whole else 1.0
            shares.append(share)
        return shares


def _costs(rows: Sequence[Mapping[str, float]], objectives: Sequence[Objective]) -> Floats:
    """Return the objectives' values, less being better; shape (rows, objectives)."""
    return np.array([costs_of(row, objectives) for row in rows])

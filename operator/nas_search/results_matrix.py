"""The results of a history as arrays. Strategies read all of them at every ask; most were there at the last."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nas_core.history import Observation
from nas_core.objectives import bounds_of, costs_of, violation
from nas_search.problem import Problem
from nas_search.ranking import Floats, merit_groups


class ResultsMatrix:
    """One row a result. It grows with the history; one that does not begin with the known results is read anew."""

    def __init__(self, problem: Problem, price: str | None = None) -> None:
        """Begin without results; ``price``: the metric of what a result costs."""
        self._objectives, self._constraints, self._price = problem.objectives, problem.constraints, price
        self.observations: tuple[Observation, ...] = ()
        self._rows = np.empty((0, len(problem.objectives) + 1 + len(problem.constraints) + 1))

    def look(self, observations: tuple[Observation, ...]) -> None:
        """Bring the rows up to date with a history's results."""
        known = len(self.observations)
        # Another history, or results were deleted: all rows are made again.
        if observations[:known] != self.observations:
            known = 0
        if len(observations) > len(self._rows):
            # An eighth more than needed, so that a growing history is copied seldom.
            room = np.empty((len(observations) + len(observations) // 8, self._rows.shape[1]))
            room[:known] = self._rows[:known]
            self._rows = room
        for place, result in enumerate(observations[known:], start=known):
            self._rows[place] = self._row(result)
        self.observations = observations

    def _row(self, result: Observation) -> list[float]:
        """Return costs, violation, the constraints' metrics and the price: the columns, in this order."""
        metrics = result.metrics or {}
        row = costs_of(metrics, self._objectives)
        row.append(violation(metrics, self._constraints))
        row += [metrics.get(each.metric, math.nan) for each in self._constraints]
        row.append(metrics.get(self._price, math.nan) if self._price else math.nan)
        return row

    @property
    def costs(self) -> Floats:
        """The objectives turned so that less is better, shape (results, objectives); nan where there is no value."""
        return self._rows[: len(self.observations), : len(self._objectives)]

    @property
    def broken(self) -> Floats:
        """By how much each result breaks the constraints (`ranking.violation`), shape (results,)."""
        return self._rows[: len(self.observations), len(self._objectives)]

    @property
    def constrained(self) -> Floats:
        """The metrics of the constraints, shape (results, constraints); nan where there is no value."""
        return self._rows[: len(self.observations), len(self._objectives) + 1 : -1]

    @property
    def prices(self) -> Floats:
        """What each result cost, shape (results,); nan where that is not known."""
        return self._rows[: len(self.observations), -1]

    @property
    def known_to_break(self) -> NDArray[np.bool_]:
        """Whether what is known of each result breaks a constraint, shape (results,)."""
        broken = np.zeros(len(self.observations), dtype=np.bool_)
        for constraint, metric in zip(self._constraints, self.constrained.T, strict=True):
            low, high = bounds_of(constraint)
            broken |= (metric < low) | (metric > high)
        return broken

    @property
    def valid(self) -> NDArray[np.intp]:
        """The places of results with a finite value of every objective, in order."""
        return np.flatnonzero(np.isfinite(self.costs).all(1))

    def by_merit(self, count: int, before: int | None = None) -> Iterator[list[Observation]]:
        """Yield valid results in groups of equals, as `ranking.by_merit` does; only the first ``before`` ones."""
        valid = self.valid if before is None else self.valid[self.valid < before]
        for group in merit_groups(self.costs[valid], self.broken[valid], count):
            yield [self.observations[place] for place in valid[group].tolist()]

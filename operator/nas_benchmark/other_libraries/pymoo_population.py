"""A generation of a pymoo algorithm at a time; what its algorithms as entrants share.

Each decision is a variable, options by their place, rounded as pymoo's documentation does for discrete variables. (Its
operators for mixed variables find less: on NAS-Bench-201 the genetic algorithm then needs 236 queries instead of 106 to
come within 0.1 of the best, in the median of 40 seeds.) A failed query is infeasible, as pymoo sees it.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.core.algorithm import Algorithm
from pymoo.core.evaluator import Evaluator
from pymoo.core.problem import Problem
from pymoo.core.repair import Repair
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.problems.static import StaticProblem

from nas_benchmark.other_libraries.base import LibraryEntrant
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision, Real

POPULATION = 20
"""As large as that of our own evolutions."""
Floats = NDArray[np.float64]


class PymooPopulation(LibraryEntrant):
    """Asks for a generation and waits for all of its results, so workers idle until its slowest has ended."""

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        super().__init__(space, objectives, seed)
        rng = np.random.default_rng(seed)
        bounds = np.array([_bounds(decision) for decision in space.decisions], dtype=float)
        # (population, decisions). Drawn by the decisions themselves: numbers between the bounds, rounded, would take
        # the first and the last option half as often as the others.
        first = [[_place(d, d.draw(rng)) for d in space.decisions] for _ in range(POPULATION)]
        repair = _Rounding([not isinstance(decision, Real) for decision in space.decisions])
        self._problem = Problem(
            n_var=len(bounds), xl=bounds[:, 0], xu=bounds[:, 1], n_obj=len(objectives), n_ieq_constr=1
        )
        self._algorithm = self.algorithm(
            pop_size=POPULATION,
            sampling=np.array(first, dtype=float),
            crossover=SBX(prob=0.9, eta=15, repair=repair),
            mutation=PM(eta=20, repair=repair),
            repair=repair,
        )
        self._algorithm.setup(self._problem, seed=seed, termination=NoTermination())
        self._generation: Any = None
        self._asked = 0
        self._of_query: dict[int, int] = {}
        self._results: dict[int, list[float] | None] = {}

    @abstractmethod
    def algorithm(self, **options: Any) -> Algorithm:
        """Return the algorithm with these options; crossover and mutation are its default ones, rounded."""

    def ask(self, index: int) -> dict[str, str] | None:
        """Return the next of the generation, a new one once all results of the last have come."""
        if self._generation is not None and self._asked == len(self._generation):
            if len(self._results) < len(self._generation):
                return None
            self._advance()
        if self._generation is None:
            asked = self._algorithm.ask()
            if asked is None or not len(asked):  # every child would be a duplicate
                return None
            self._generation = asked
        chosen = self._generation[self._asked].X
        self._of_query[index] = self._asked
        self._asked += 1
        return self.applying({d.name: _written(d, x) for d, x in zip(self.space.decisions, chosen, strict=True)})

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """Keep the result until its generation is complete."""
        self._results[self._of_query.pop(index)] = self.costs(metrics)

    def _advance(self) -> None:
        """Give the complete generation back."""
        results = [self._results[place] for place in range(len(self._generation))]
        nothing = [0.0] * len(self.objectives)
        evaluated = StaticProblem(
            self._problem,
            F=np.array([costs or nothing for costs in results]),
            # (population, 1); above 0 is infeasible, whatever F says.
            G=np.array([[0.0 if costs else 1.0] for costs in results]),
        )
        Evaluator().eval(evaluated, self._generation)
        self._algorithm.tell(infills=self._generation)
        self._generation, self._asked, self._results = None, 0, {}


class _Rounding(Repair):  # type: ignore[misc]
    """Rounds the variables that are whole numbers."""

    def __init__(self, whole: Sequence[bool]) -> None:
        super().__init__()
        self._whole = np.array(whole)

    def _do(self, problem: Problem, X: Floats, **_: Any) -> Floats:
        return np.where(self._whole, np.around(X), X)


def _bounds(decision: Decision) -> tuple[float, float]:
    if isinstance(decision, Real):
        return (math.log(decision.low), math.log(decision.high)) if decision.log else (decision.low, decision.high)
    assert decision.count is not None
    return 0, decision.count - 1


def _place(decision: Decision, value: str) -> float:
    if isinstance(decision, Real):
        return math.log(float(value)) if decision.log else float(value)
    return list(decision.values()).index(value)


def _written(decision: Decision, place: float) -> str:
    if isinstance(decision, Real):
        return decision.write(math.exp(place) if decision.log else float(place))
    return list(decision.values())[int(place)]

"""NSGA-II, one candidate at a time: parents are the best of all results by front, then by crowding distance.

Two binary tournaments choose the parents; half of the children are crossovers of both, the others mutants of the
first. (Crossovers that were mutated as well gave smaller fronts.) The population is selected anew as each result comes
in, so that nothing waits for the slowest trial of a generation.

References: Deb, Pratap, Agarwal & Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002; one
at a time: Durillo et al., "On the Effect of the Steady-State Selection Scheme in Multi-Objective Genetic Algorithms",
EMO 2009; in architecture search: Lu et al., "NSGA-Net", GECCO 2019, arXiv:1810.03522.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation
from nas_search.ranking import costs, crowding
from nas_search.results_matrix import ResultsMatrix
from nas_search.strategy import Strategy

CHILD_TRIES = 16
"""Children drawn before a random architecture is taken instead of one that was tried before."""
CROSSED = 0.5
"""Share of the children that have two parents."""
Ranked = tuple[tuple[int, float], Observation]
"""A result with its rank: the number of its front and the negative crowding distance, less being better."""


@dataclass(eq=False, repr=False)
class Nsga2(Strategy):
    """Non-dominated sorting, crowding, crossover and mutation."""

    population_size: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self.enough = self.population_size
        self._results = ResultsMatrix(self.problem)

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return a child of the population, once that is filled."""
        self._results.look(history.observations)
        valid = len(self._results.valid)
        # Pending trials count: they will fill the population, and workers need not wait for them.
        if not valid or valid + len(history.pending) < self.population_size:
            return None
        population = self._population()
        for _ in range(CHILD_TRIES):
            values, parents = self._child(population, rng)
            if self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Crossover" if len(parents) > 1 else "Mutation", parents)
        return None

    def _population(self) -> list[Ranked]:
        members: list[Ranked] = []
        for number, front in enumerate(self._results.by_merit(self.population_size)):
            distances = crowding(costs(front, self.objectives)).tolist()
            members += [((number, -distance), result) for distance, result in zip(distances, front, strict=True)]
        # Of the last front only the least crowded fit in.
        return sorted(members, key=lambda member: (*member[0], member[1].sequence))[: self.population_size]

    def _child(self, population: Sequence[Ranked], rng: np.random.Generator) -> tuple[dict[str, str], list[int]]:
        first, second = (self._tournament(population, rng) for _ in range(2))
        values = self.values(first.candidate)
        # The crossover of a parent with itself would be that parent again.
        if first.index == second.index or rng.random() >= CROSSED:
            return self.space.mutate(values, rng), [first.index]
        return self.space.crossover(values, self.values(second.candidate), rng), [first.index, second.index]

    def _tournament(self, population: Sequence[Ranked], rng: np.random.Generator) -> Observation:
        picks = [population[int(rng.integers(len(population)))] for _ in range(2)]
        return min(picks, key=lambda member: member[0])[1]

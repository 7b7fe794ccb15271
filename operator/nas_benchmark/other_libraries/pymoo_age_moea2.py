"""pymoo's AGE-MOEA-II. Reference: Panichella, "An Improved Pareto Front Modeling Algorithm", GECCO 2022."""

from __future__ import annotations

from typing import Any

from pymoo.algorithms.moo.age2 import AGEMOEA2

from nas_benchmark.other_libraries.pymoo_population import PymooPopulation


class Adapter(PymooPopulation):
    """The algorithm as an entrant."""

    one_objective = False
    several_objectives = True

    def algorithm(self, **options: Any) -> AGEMOEA2:
        """Return the algorithm."""
        return AGEMOEA2(**options)

"""pymoo's NSGA-II. Reference: Deb et al., 2002."""

from __future__ import annotations

from typing import Any

from pymoo.algorithms.moo.nsga2 import NSGA2

from nas_benchmark.other_libraries.pymoo_population import PymooPopulation


class Adapter(PymooPopulation):
    """The algorithm as an entrant."""

    several_objectives = True

    def algorithm(self, **options: Any) -> NSGA2:
        """Return the algorithm."""
        return NSGA2(**options)

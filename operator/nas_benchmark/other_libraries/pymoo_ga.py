"""pymoo's genetic algorithm."""

from __future__ import annotations

from typing import Any

from pymoo.algorithms.soo.nonconvex.ga import GA

from nas_benchmark.other_libraries.pymoo_population import PymooPopulation


class Adapter(PymooPopulation):
    """The algorithm as an entrant."""

    def algorithm(self, **options: Any) -> GA:
        """Return the algorithm."""
        return GA(**options)

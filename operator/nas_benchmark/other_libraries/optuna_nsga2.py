"""Optuna's NSGA-II. Reference: Deb et al., 2002."""

from __future__ import annotations

from optuna.samplers import NSGAIISampler

from nas_benchmark.other_libraries.optuna_study import OptunaStudy

POPULATION = 20


class Adapter(OptunaStudy):
    """As an entrant."""

    def sampler(self) -> NSGAIISampler:
        """Return it with its defaults."""
        return NSGAIISampler(population_size=POPULATION, seed=self.seed)

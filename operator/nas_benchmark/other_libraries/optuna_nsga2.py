"""Optuna's NSGA-II. Reference: Deb et al., 2002."""

from __future__ import annotations

from optuna.samplers import NSGAIISampler

from nas_benchmark.other_libraries.optuna_study import OptunaStudy

POPULATION = 20
"""As large as that of our own evolutions."""


class Adapter(OptunaStudy):
    """The sampler as an entrant."""

    def sampler(self) -> NSGAIISampler:
        """Return the sampler with its defaults."""
        return NSGAIISampler(population_size=POPULATION, seed=self.seed)

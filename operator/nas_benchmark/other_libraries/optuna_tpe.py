"""Optuna's tree-structured Parzen estimator. Reference: Bergstra et al., NeurIPS 2011; Watanabe, arXiv:2304.11127."""

from __future__ import annotations

from optuna.samplers import TPESampler

from nas_benchmark.other_libraries.optuna_study import OptunaStudy


class Adapter(OptunaStudy):
    """The sampler as an entrant."""

    def sampler(self) -> TPESampler:
        """Return the sampler with its defaults."""
        return TPESampler(seed=self.seed)

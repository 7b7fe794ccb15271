"""Optuna's samplers as they are, for users who know them: TPE, NSGA-II, NSGA-III.

The sampler is made anew for each candidate and given the whole history (`study`), so no state of it can be lost. A
suggestion that was tried before stays in the study as a running trial, so that the sampler may avoid it; when it
insists, a mutant of the suggestion is taken instead.

References: Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019, arXiv:1907.10902;
Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011 (TPE); Watanabe, "Tree-Structured Parzen
Estimator", 2023, arXiv:2304.11127; Deb & Jain, "An Evolutionary Many-Objective Optimization Algorithm Using
Reference-Point-Based Nondominated Sorting Approach", 2014 (NSGA-III).
"""

from __future__ import annotations

import itertools
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np

from nas_core.api.strategy import SamplerName
from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_search.results_matrix import ResultsMatrix
from nas_search.strategy import Informed

SUGGESTIONS = 8
"""Suggestions asked for while they were tried before or the space's rule forbids them."""
MUTANTS = 16
"""Mutants of the last suggestion that are tried before a random candidate is taken."""
INITIAL = 10
"""Random candidates at the beginning, as many as Optuna's TPE has."""


@dataclass(eq=False, repr=False)
class OptunaSampler(Informed):
    """One of Optuna's samplers with Optuna's settings."""

    initial_candidates: int = field(default=INITIAL, init=False)
    sampler: SamplerName

    def __post_init__(self) -> None:
        super().__post_init__()
        # Half a second, which whoever asks for another strategy need not wait.
        from nas_search.optuna_samplers.study import SamplerStudy

        self._study = SamplerStudy(self.problem, self.sampler)

    def choose(
        self, results: ResultsMatrix, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return the first suggestion that was not tried, or a mutant of one."""
        suggestions = self._study.suggestions(results, history.pending, int(rng.integers(2**31)))
        last = None
        for values in itertools.islice(suggestions, SUGGESTIONS):
            # Optuna knows no rule over several decisions; what breaks it is asked for again.
            if self.space.fault(values) is None:
                last = values
                if self.space.canonical_id(values) not in taken:
                    return self.candidate(values, "Model")
        mutants = (self.space.mutate(last, rng) for _ in range(MUTANTS)) if last else ()
        new = (mutant for mutant in mutants if self.space.canonical_id(mutant) not in taken)
        return next((self.candidate(mutant, "Model") for mutant in new), None)

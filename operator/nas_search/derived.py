"""Any strategy behind a supernet: what was derived in it is tried first, the best first.

Gradient strategies (DARTS and those that follow it) derive all of their candidates there, in trials of work Supernet.
So nothing is behind them: the search is over when these have been tried.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec, Origin
from nas_core.history import History
from nas_search.predictors.worth import Worth
from nas_search.problem import Problem
from nas_search.strategy import Strategy

ORIGIN: Origin = "Supernet"
"""Of derived candidates."""


class Derived(Strategy):
    """Another strategy, or none, after the derived candidates."""

    def __init__(self, problem: Problem, seed: int, after: Strategy | None = None) -> None:
        """Go on as ``after`` when all derived candidates have been tried; without it with nothing."""
        super().__init__(problem, seed)
        self._after = after
        self.enough = after.enough if after else 1

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return the best derived candidate that was not tried, then what the other strategy proposes."""
        for derived in history.derived:
            if derived.candidate.id not in taken:
                return derived.candidate
        return self._after.propose(history, taken, rng) if self._after else None

    def surrogate(self, history: History) -> Worth | None:
        """Return what it is worth in the other strategy."""
        return self._after.surrogate(history) if self._after else None

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return what the other strategy would; nothing without one."""
        return self._after.untried(taken, rng) if self._after else None

"""One strategy for each of several targets, by turns: each has limits of its own, and all see the results of all.

The next candidate is for the target with the fewest of them so far. So one that is added later catches up first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_search.predictors.worth import Worth
from nas_search.strategy import Strategy


class ForTargets(Strategy):
    """The strategies of the targets, by name."""

    def __init__(self, plain: Strategy, targets: Mapping[str, Strategy]) -> None:
        """Propose with the strategies of ``targets``; ``plain`` is the one of the same search without any."""
        super().__init__(plain.problem, plain.seed)
        self._plain, self._targets, self.enough = plain, dict(targets), plain.enough

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return what the strategy of the target proposes that has the fewest candidates; None if none has any more."""
        tried = Counter(seen.candidate.target for seen in history.observations)
        tried += Counter(waiting.candidate.target for waiting in history.pending)
        # Stable: of equal ones the first of the search comes first.
        for name in sorted(self._targets, key=lambda name: tried[name]):
            strategy = self._targets[name]
            candidate = strategy.propose(history, taken, rng) or strategy.untried(taken, rng)
            if candidate is not None:
                return candidate.model_copy(update={"target": name})
        return None

    def surrogate(self, history: History) -> Worth | None:
        """Return what it is worth without the targets' limits: it learns from the same results."""
        return self._plain.surrogate(history)

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return None: what is untried has been proposed."""
        return None

    def only(self, target: str | None) -> Strategy | None:
        """Return what chooses for one target alone, or without any; None if there is no such target any more."""
        if target is None:
            return self._plain
        return ForTargets(self._plain, {target: self._targets[target]}) if target in self._targets else None

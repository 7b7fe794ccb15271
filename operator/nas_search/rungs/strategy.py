"""Any strategy with rungs: with random search this is Hyperband or ASHA, with one that learns it is BOHB's idea.

A strategy can learn only from comparable results, so it is given those of the highest rung that has enough of them.
Candidates of other rungs still count as tried.

Reference: Falkner, Klein & Hutter, "BOHB: Robust and Efficient Hyperparameter Optimization at Scale", ICML 2018,
arXiv:1807.01774.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_search.predictors.worth import Worth
from nas_search.ranking import is_valid
from nas_search.rungs.ladder import Ladder
from nas_search.rungs.promotion import Promotion, due, promotable
from nas_search.strategy import Strategy


class WithRungs(Strategy):
    """A strategy whose candidates climb a ladder."""

    def __init__(self, sampler: Strategy, ladder: Ladder) -> None:
        """Let ``sampler`` choose the candidates that begin."""
        super().__init__(sampler.problem, sampler.seed)
        self.sampler, self.ladder = sampler, ladder
        self.enough = sampler.enough

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return what the strategy proposes that sees one rung only."""
        return self.sampler.propose(self.comparable(history), taken, rng)

    def surrogate(self, history: History) -> Worth | None:
        """Return what it is worth by the results of one rung."""
        return self.sampler.surrogate(self.comparable(history))

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Draw as the strategy does."""
        return self.sampler.untried(taken, rng)

    def comparable(self, history: History) -> History:
        """Return what the strategy sees: the results of one rung, and the candidates that have no result yet."""
        valid = Counter(o.epochs for o in history.observations if is_valid(o, self.objectives))
        full = self.ladder.epochs[-1]
        # min(…) makes all rungs with enough equal, so that the highest wins; without any, the fullest one does.
        rung = max(valid, key=lambda at: (min(valid[at], self.enough), at or full), default=None)
        # A candidate that is on its way up has a result already and is pending as well: it counts once.
        seen = {o.index for o in history.observations}
        waiting = {p.index: p for p in history.pending if p.index not in seen}
        return replace(
            history,
            observations=tuple(o for o in history.observations if o.epochs == rung),
            pending=tuple(waiting[index] for index in sorted(waiting)),
        )

    def promotions(self, history: History, total: int, extended: AbstractSet[int] = frozenset()) -> list[Promotion]:
        """Return the promotions that are due in a search of ``total`` candidates in the end.

        ``extended``: indices of candidates that people have promoted, whatever their rank.
        """
        return due(self.ladder, history, total, self.problem, extended)

    def is_promotable(self, history: History, total: int, index: int, epochs: int) -> bool:
        """Whether the results entitle a candidate to be trained to ``epochs``."""
        promotions = promotable(self.ladder, history, total, self.problem)
        return any(promotion.key == (index, epochs) for promotion in promotions)

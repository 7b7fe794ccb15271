"""Any strategy that begins with the best of earlier searches (`spec.warmStart`).

Those of the strategy's own beginning, which are random, alternate with them, so that results can tell what the earlier
searches are worth (`foresight`). One that they contradict is dropped: its other candidates are skipped, and no model
sees it any more. When all are dropped the strategy goes on as without them, and all that was tried is its own
initial design.

Reference: Wistuba, Schilling & Schmidt-Thieme, "Sequential Model-Free Hyperparameter Tuning", ICDM 2015, and Feurer,
Springenberg & Hutter, "Initializing Bayesian Hyperparameter Optimization via Meta-Learning", AAAI 2015 (the best of
earlier tasks first).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, History, Pending, Scored
from nas_core.objectives import costs_of, known_to_break
from nas_search.foresight import Foresight
from nas_search.predictors.worth import Worth
from nas_search.ranking import merit_groups
from nas_search.scoring import RANDOM_FIRST
from nas_search.strategy import Strategy


class WarmStarted(Strategy):
    """Another strategy, after the best of earlier searches."""

    def __init__(self, after: Strategy, candidates: int) -> None:
        """Go on as ``after`` when so many of the best ``candidates`` have been tried, or all searches are dropped."""
        super().__init__(after.problem, after.seed)
        self._after, self._most, self.enough = after, candidates, after.enough
        self._foresight = Foresight(self.problem)
        self._kept: tuple[Earlier, ...] = ()
        self._best: list[CandidateSpec] = []

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return the best earlier candidate that was not tried or a random one, then what the other one proposes."""
        self._look_at(history)
        left = next((one for one in self._best if one.id not in taken), None)
        if self._kept and not self._begun(history) and history.next_index % 2:
            return self._after.propose(_without_results(history), taken, rng) or self.untried(taken, rng)
        return left or self._after.propose(self._behind(history), taken, rng)

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Draw as the other strategy does."""
        return self._after.untried(taken, rng)

    def surrogate(self, history: History) -> Worth | None:
        """Return what it is worth in the other strategy, and what the earlier searches are worth."""
        self._look_at(history)
        found = self._after.surrogate(self._behind(history)) or Worth(None)
        return replace(found, foreseen=self._foresight.of(history))

    def _behind(self, history: History) -> History:
        """Return what the other strategy sees."""
        return replace(history, earlier=(), prior=self._kept if self._begun(history) else ())

    def _begun(self, history: History) -> bool:
        """Whether results agree with an earlier search, or enough have been asked for that could contradict it."""
        # Of the index, not of what is pending: on rungs only a part of the results is seen.
        if history.next_index >= 2 * RANDOM_FIRST:
            return True
        return any(one.here.ranks and not one.dropped for one in self._foresight.of(history))

    def _look_at(self, history: History) -> None:
        judged = self._foresight.of(history)
        kept = tuple(one for one, worth in zip(history.earlier, judged, strict=True) if not worth.dropped)
        # Equal ones stay the same object, by which a model knows what it was fitted to.
        if kept != self._kept:
            self._kept, self._best = kept, self._portfolio(kept)

    def _portfolio(self, earlier: Sequence[Earlier]) -> list[CandidateSpec]:
        """Return the best of each search in turn, each architecture once."""
        turns = itertools.chain.from_iterable(itertools.zip_longest(*(self._ranked(one) for one in earlier)))
        distinct = {one.candidate.id: one.candidate for one in turns if one is not None}
        return [
            self.candidate(self.values(one), "WarmStart").model_copy(update={"source": one.source})
            for one in itertools.islice(distinct.values(), self._most)
        ]

    def _ranked(self, earlier: Earlier) -> Iterator[Scored]:
        """Yield the results of a search, the best first, without what is known to be refused, or guided away from."""
        there = [
            one
            for one in earlier.results
            if not known_to_break(one.metrics, self.constraints) and not self.space.outside(self.values(one.candidate))
        ]
        if there:
            costs = np.array([costs_of(one.metrics, self.objectives) for one in there])
            for group in merit_groups(costs, np.zeros(len(there)), self._most):
                yield from (there[place] for place in group.tolist())


def _without_results(history: History) -> History:
    """Return a history in which everything that was tried has no result yet: a strategy goes on with its beginning."""
    tried = [*history.pending, *(Pending(one.index, one.candidate, one.epochs) for one in history.observations)]
    return replace(history, observations=(), pending=tuple(sorted(tried, key=lambda one: one.index)), earlier=())

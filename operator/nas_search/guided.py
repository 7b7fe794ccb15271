"""Any strategy under guidance: it is given the part of the space that is left, and chooses there.

What guidance holds is part of the history (`History.guidance`), so that a decision is still a function of history,
seed and index, and is repeated from what its trial has on record. Of each guidance there is a strategy of its own,
which sees all results: those outside of the part, from before, teach it as well, and their children are inside.
Injected architectures come first, and those of other searches (`History.injected`) after them; then some mutants of
pinned parents (`pinned`), and some candidates near preferred values (`preferred`). What a strategy proposes outside of
the part all the same is moved to the nearest place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from nas_core.api.guidance import Guidance
from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Scored
from nas_core.spaces import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.guidance import guided
from nas_search.pinned import pinned_child
from nas_search.predictors.worth import Worth
from nas_search.preferred import Preferred
from nas_search.problem import Problem
from nas_search.strategy import Strategy

KEPT = 4
"""Strategies for earlier guidance that are remembered, for whoever goes back to one, or replays."""


@dataclass
class _Part:
    """A strategy in the part of a space that some guidance leaves."""

    guidance: Guidance | None
    strategy: Strategy
    injected: tuple[Architecture, ...] = ()
    preferred: Preferred | None = None
    scores: tuple[tuple[Scored, ...], tuple[Scored, ...]] = ((), ())
    """The scores that it was given last, and those of them that are left: the same object for the same scores."""

    @property
    def space(self) -> SearchSpace:
        return self.strategy.space

    @property
    def pinned(self) -> Sequence[int]:
        return self.guidance.parents if self.guidance else ()

    def history(self, history: History) -> History:
        """Return what the strategy sees: nothing that is scored or derived outside of the part."""
        if self.guidance is None:
            return history
        if history.scores is not self.scores[0]:
            self.scores = history.scores, self._left(history.scores)
        return replace(history, scores=self.scores[1], derived=self._left(history.derived))

    def _left(self, scored: tuple[Scored, ...]) -> tuple[Scored, ...]:
        return tuple(one for one in scored if not self.space.outside(self.strategy.values(one.candidate)))


class Guided(Strategy):
    """A strategy that `make` makes for a problem, or for a part of its space."""

    def __init__(self, problem: Problem, seed: int, make: Callable[[Problem], Strategy]) -> None:
        """Give ``make`` the problem with the part of its space that guidance leaves."""
        super().__init__(problem, seed)
        self._make, self._plain = make, _Part(None, make(problem))
        self.enough = self._plain.strategy.enough
        self._parts: list[_Part] = []

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return what was injected and not tried, then what the strategy proposes; None if nothing is left."""
        part = self._part(history.guidance)
        for values in part.injected:
            if self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Injected")
        for asked in history.injected:
            if asked.id not in taken:
                return asked
        try:
            seen = part.history(history)
            candidate = pinned_child(part.pinned, part.space, seen, taken, rng)
            if candidate is None and part.preferred:
                candidate = part.preferred.propose(seen, taken, rng)
            candidate = candidate or part.strategy.propose(seen, taken, rng)
            if candidate is not None and part.space.outside(values := self.values(candidate)):
                nearest = part.space.nearest(values)
                new = self.space.fault(nearest) is None and self.space.canonical_id(nearest) not in taken
                candidate = self.candidate(nearest, candidate.origin, candidate.parents) if new else None
            return candidate or part.strategy.untried(taken, rng)
        except ArchitectureError:
            # What guidance leaves may be so little that the rule of the space refuses whatever is drawn there.
            if part.guidance is None:
                raise
            return None

    def surrogate(self, history: History) -> Worth | None:
        """Return what it is worth in the strategy, whatever part it is in: it learns from all results."""
        return self._plain.strategy.surrogate(history)

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return None: what is untried has been proposed."""
        return None

    def _part(self, guidance: Guidance | None) -> _Part:
        if guidance is None:
            return self._plain
        found = next((part for part in self._parts if part.guidance == guidance), None)
        if found is None:
            made = guided(self.space, guidance)
            problem = replace(self.problem, space=made.space)
            preferred = Preferred(problem, made.preferred) if made.preferred else None
            found = _Part(guidance, self._make(problem), made.injected, preferred)
            self._parts = [found, *self._parts][:KEPT]
        return found

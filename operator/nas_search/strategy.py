"""The base of every strategy: a pure function from the history to the next candidates.

State is recomputed from the history, so nothing can be lost. The random generator of a candidate derives from (seed,
index) alone, and a candidate of a batch sees the earlier ones as pending; so ``ask(h, n)[:k] == ask(h, k)``, and a
search can be replayed from the recorded index and basis of its trials.

In the flow: `nas_plan.ask` builds the history and calls :meth:`Strategy.ask`; `strategies` makes a strategy from a
search's spec; ``testing/strategy_conformance.py`` tests what is promised here.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import CandidateSpec, Origin
from nas_core.history import History
from nas_core.spaces import Architecture, SearchSpace
from nas_search.predictors.worth import Worth
from nas_search.problem import Problem
from nas_search.results_matrix import ResultsMatrix
from nas_search.score_agreement import ScoreAgreement

ENUMERABLE = 1_000_000
"""Most encodings of a space that is enumerated to find what is still untried."""
RANDOM_TRIES = 64
"""Draws before such a space is enumerated: only a nearly exhausted one gets there."""
RANDOM_TRIES_LARGE = 4096
"""Draws before a larger space counts as exhausted; most of its encodings then mean the same few architectures."""


def candidate_of(
    space: SearchSpace, values: Architecture, origin: Origin, parents: Sequence[int] = ()
) -> CandidateSpec:
    """Make a candidate of an architecture and the hyperparameters that the space may have beside it."""
    architecture, hyperparameters = space.split(values)
    return CandidateSpec(
        id=space.canonical_id(values),
        architecture=architecture,
        hyperparameters=hyperparameters,
        origin=origin,
        parents=list(parents),
        text=space.text(values),
    )


@dataclass(eq=False, repr=False)
class Strategy(ABC):
    """Base of all strategies; they write :meth:`propose`."""

    problem: Problem
    seed: int

    def __post_init__(self) -> None:
        self.enough = 1
        """Results that it needs before it learns anything from them."""

    @property
    def space(self) -> SearchSpace:
        """What is searched."""
        return self.problem.space

    @property
    def objectives(self) -> Sequence[Objective]:
        """What is made as good as possible."""
        return self.problem.objectives

    @property
    def constraints(self) -> Sequence[Constraint]:
        """What a candidate has to keep to count as feasible."""
        return self.problem.constraints

    def ask(self, history: History, n: int) -> list[CandidateSpec]:
        """Return the next ``n`` candidates; fewer only when every architecture of the space has been tried."""
        return list(itertools.islice(self.candidates(history), n))

    def candidates(self, history: History) -> Iterator[CandidateSpec]:
        """Yield one candidate after the other, until every architecture of the space has been tried."""
        taken = history.seen_ids()
        while True:
            # Of seed and index alone: what was asked before, or by another process, never changes a candidate.
            rng = np.random.default_rng([self.seed, history.next_index])
            candidate = self.propose(history, taken, rng) or self.untried(taken, rng)
            if candidate is None:
                return
            yield candidate
            # The next of the batch decides as if this one were running already, as it soon is.
            history = history.with_pending(candidate)
            taken.add(candidate.id)

    @abstractmethod
    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return the next candidate, its id not among ``taken`` (the history's); None for a random one."""

    def surrogate(self, history: History) -> Worth | None:
        """Return what the search's predictor is worth; None without one, or of too few results."""
        return None

    def candidate(self, values: Architecture, origin: Origin, parents: Sequence[int] = ()) -> CandidateSpec:
        """Make a candidate of an architecture and the hyperparameters that the space may have beside it."""
        return candidate_of(self.space, values, origin, parents)

    def values(self, candidate: CandidateSpec) -> dict[str, str]:
        """Return what was decided for a candidate, as the space knows it."""
        return self.space.join(candidate.architecture, candidate.hyperparameters)

    def untried(self, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Draw uniformly among the architectures not in ``taken`` (ids); None when there is none left."""
        # Drawing is uniform over encodings, and far cheaper than enumerating while most of the space is untried.
        size = self.space.size
        small = size is not None and size <= ENUMERABLE
        for _ in range(RANDOM_TRIES if small else RANDOM_TRIES_LARGE):
            values = self.space.sample(rng)
            if self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Random")
        if not small:
            return None
        # The draws missed what is left: nearly everything was tried. A space that was enumerated keeps the result.
        rest = [values for identity, values in self.space.distinct.items() if identity not in taken]
        return self.candidate(rest[rng.integers(len(rest))], "Random") if rest else None


@dataclass(eq=False, repr=False)
class Informed(Strategy):
    """Base of strategies that begin with random candidates, or with scored ones; they write :meth:`choose`."""

    initial_candidates: int
    """Random candidates to begin with."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.enough = self.initial_candidates
        self._results = ResultsMatrix(self.problem)
        self._agreement = ScoreAgreement(self.objectives)

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return what is chosen after the beginning, as long as there is a valid result."""
        self._results.look(history.observations)
        # Pending trials count, or parallel workers would draw more random candidates than were asked for.
        # Scores stand in for an initial design once results agree with them: the best by worthless ones is no place to
        # begin at. So do earlier searches that have not been dropped.
        informed = self._agreement.agreed(history) or bool(history.prior)
        begun = informed or len(history.observations) + len(history.pending) >= self.initial_candidates
        if not begun or not len(self._results.valid):
            return None
        return self.choose(self._results, history, taken, rng)

    @abstractmethod
    def choose(
        self, results: ResultsMatrix, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return the next candidate as :meth:`propose` does; at least one of the ``results`` is valid."""

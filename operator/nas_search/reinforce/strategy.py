"""REINFORCE: a policy that makes one decision after the other learns from each result which decisions pay.

The policy (`policy`) is made anew by a fold over the results in the order of recording; what was folded is kept, and
used again for a history that begins with it. Each result moves the policy once, by the gradient of the logarithm of
the probability of its candidate, times its reward. That is its rank among the last results, which makes these the
moving baseline, and asks nothing about scales: what keeps the constraints comes before what breaks them, with several
objectives what few dominate before what many do, and failures last.

References: Zoph & Le, "Neural Architecture Search with Reinforcement Learning", ICLR 2017, arXiv:1611.01578; Williams,
"Simple statistical gradient-following algorithms for connectionist reinforcement learning", Machine Learning 1992.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation
from nas_search.ranking import Floats
from nas_search.reinforce.policy import Policy
from nas_search.results_matrix import ResultsMatrix
from nas_search.strategy import Informed

BASELINE = 100
"""Last results that a new one is compared with."""
TRIES = 64
"""Candidates drawn from the policy before one is drawn from the whole space."""


@dataclass(eq=False, repr=False)
class Reinforce(Informed):
    """An autoregressive policy, and the gradient of the expected reward."""

    # A policy that has learnt nothing draws at random.
    initial_candidates: int = field(default=1, init=False)
    learning_rate: float
    entropy: float
    """Weight of the bonus for not being sure."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._begin()

    def choose(
        self, results: ResultsMatrix, history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return what the policy draws and was not tried."""
        self._learn(results)
        for _ in range(TRIES):
            values = self._policy.draw(rng)
            if self.space.fault(values) is None and self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Model")
        return None

    def _begin(self) -> None:
        self._policy = Policy(self.space, self.learning_rate, self.entropy)
        self._learnt: tuple[Observation, ...] = ()
        self._standing = Standing(len(self.objectives))

    def _learn(self, results: ResultsMatrix) -> None:
        """Bring the policy to where the results lead from the beginning."""
        observations = results.observations
        if observations[: len(self._learnt)] != self._learnt:
            self._begin()
        new = slice(len(self._learnt), None)
        places = np.column_stack([results.broken[new], results.costs[new]])
        places[~np.isfinite(results.costs[new]).all(1)] = np.inf
        for one, place in zip(observations[new], places, strict=True):
            self._policy.learn(self.values(one.candidate), self._standing.reward(place))
        self._learnt = observations


class Standing:
    """How each new result stands among the last ones."""

    def __init__(self, objectives: int) -> None:
        self._places = np.empty((0, 1 + objectives))
        self._beaten_by = np.empty(0, dtype=np.intp)

    def reward(self, place: Floats) -> float:
        """Return it between -1 and 1; ``place``: by how much the constraints are broken, then the costs."""
        if len(self._places) == BASELINE:
            self._beaten_by = self._beaten_by[1:] - _beats(self._places[0], self._places[1:])
            self._places = self._places[1:]
        beaten_by = _beats(self._places, place).sum()
        self._beaten_by = np.append(self._beaten_by + _beats(place, self._places), beaten_by)
        self._places = np.vstack([self._places, place])
        return float(np.sign(self._beaten_by - beaten_by).mean())


def _beats(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Tell whether a place is better than another; of one of them there may be several, shape (n, 1 + objectives)."""
    keeps, breaks = one[..., 0], other[..., 0]
    costs_one, costs_other = one[..., 1:], other[..., 1:]
    dominates = (costs_one <= costs_other).all(-1) & (costs_one < costs_other).any(-1)
    return np.asarray((keeps < breaks) | ((keeps == breaks) & dominates))

"""REINFORCE: an autoregressive policy learns from each result which decisions pay.

Each result moves the policy (`policy`) once, by the gradient of the log probability of its candidate times its reward.
The reward is the result's rank among the last ones, which are thereby the moving baseline, and has no scale: feasible
results come before infeasible ones, with several objectives results that few dominate before those that many do, and
failures last. The policy is a fold over the results in the order of recording; it is kept, and goes on from there when
it is asked about a history that begins with the same results.

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
"""Last results that the rank of a new one is taken among."""
TRIES = 64
"""Candidates drawn from the policy before a random one is taken."""


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
            values = self.space.nearest(self._policy.draw(rng))
            if self.space.fault(values) is None and self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Model")
        return None

    def _begin(self) -> None:
        self._policy = Policy(self.space, self.learning_rate, self.entropy)
        self._learnt: tuple[Observation, ...] = ()
        self._reward = RankReward(len(self.objectives))

    def _learn(self, results: ResultsMatrix) -> None:
        """Bring the policy to where the results lead it from the beginning."""
        observations = results.observations
        # Another history than the policy has learnt from: it learns from the beginning.
        if observations[: len(self._learnt)] != self._learnt:
            self._begin()
        new = slice(len(self._learnt), None)
        places = np.column_stack([results.broken[new], results.costs[new]])  # (new results, 1 + objectives)
        places[~np.isfinite(results.costs[new]).all(1)] = np.inf
        for result, place in zip(observations[new], places, strict=True):
            self._policy.learn(self.values(result.candidate), self._reward.of(place))
        self._learnt = observations


class RankReward:
    """The rank of each new result among the last ones, as a reward."""

    def __init__(self, objectives: int) -> None:
        self._places = np.empty((0, 1 + objectives))
        self._beaten_by = np.empty(0, dtype=np.intp)

    def of(self, place: Floats) -> float:
        """Return the reward of a result, from -1 to 1; ``place`` (1 + objectives,): violation, then costs."""
        if len(self._places) == BASELINE:
            # The oldest leaves the window, and with it what it has beaten.
            self._beaten_by = self._beaten_by[1:] - _beats(self._places[0], self._places[1:])
            self._places = self._places[1:]
        beaten_by = _beats(self._places, place).sum()
        self._beaten_by = np.append(self._beaten_by + _beats(place, self._places), beaten_by)
        self._places = np.vstack([self._places, place])
        return float(np.sign(self._beaten_by - beaten_by).mean())


def _beats(left: Floats, right: Floats) -> NDArray[np.bool_]:
    """Return whether ``left`` is better than ``right``; one of them may be several places, (n, 1 + objectives)."""
    less_violated, as_violated = left[..., 0] < right[..., 0], left[..., 0] == right[..., 0]
    costs, others = left[..., 1:], right[..., 1:]
    dominates = (costs <= others).all(-1) & (costs < others).any(-1)
    return np.asarray(less_violated | (as_violated & dominates))

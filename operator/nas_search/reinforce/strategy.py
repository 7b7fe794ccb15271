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

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import CandidateSpec
from nas_core.spaces import SearchSpace
from nas_search.history import History, Observation
from nas_search.ranking import Floats, costs, is_valid, violation
from nas_search.reinforce.policy import Policy
from nas_search.strategy import Informed

BASELINE = 100
"""Last results that a new one is compared with."""
TRIES = 64
"""Candidates drawn from the policy before one is drawn from the whole space."""


class Reinforce(Informed):
    """An autoregressive policy, and the gradient of the expected reward."""

    name = "reinforce"

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        seed: int,
        learning_rate: float,
        entropy: float,
    ) -> None:
        """Learn so fast; ``entropy`` is the weight of the bonus for not being sure."""
        # A policy that has learnt nothing draws at random.
        super().__init__(space, objectives, constraints, seed, initial=1)
        self._rates = learning_rate, entropy
        self._begin()

    def choose(
        self, valid: Sequence[Observation], history: History, taken: AbstractSet[str], rng: np.random.Generator
    ) -> CandidateSpec | None:
        """Return what the policy draws and was not tried."""
        self._learn(history.observations)
        for _ in range(TRIES):
            values = self._policy.draw(rng)
            if self.space.fault(values) is None and self.space.canonical_id(values) not in taken:
                return self.candidate(values, "Model")
        return None

    def _begin(self) -> None:
        self._policy = Policy(self.space, *self._rates)
        self._learnt: tuple[Observation, ...] = ()
        self._last = np.empty((0, 1 + len(self.objectives)))

    def _learn(self, observations: tuple[Observation, ...]) -> None:
        """Bring the policy to where these results lead from the beginning."""
        if observations[: len(self._learnt)] != self._learnt:
            self._begin()
        for one in observations[len(self._learnt) :]:
            self._last = np.vstack([self._last, self._place(one)])[-BASELINE:]
            self._policy.learn(self.values(one.candidate), reward(self._last))
        self._learnt = observations

    def _place(self, one: Observation) -> Floats:
        """Return by how much a result breaks the constraints, and its objectives; less is better."""
        if not is_valid(one, self.objectives):
            return np.full(1 + len(self.objectives), np.inf)
        return np.append(violation(one, self.constraints), costs([one], self.objectives))


def reward(places: Floats) -> float:
    """Return between -1 and 1 how the last row stands among all; rows (n, 1 + objectives): violation, then costs."""
    broken, values = places[:, 0], places[:, 1:]
    same = broken[:, None] == broken[None, :]
    dominates = (values[:, None] <= values[None, :]).all(2) & (values[:, None] < values[None, :]).any(2)
    beaten = ((broken[:, None] < broken[None, :]) | (same & dominates)).sum(0)
    return float(np.sign(beaten - beaten[-1]).mean())

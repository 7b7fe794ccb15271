"""Whether results agree with the zero-cost scores that a search went by: scores that they contradict are dropped.

A score promises that what has more of it gets better results. On some tasks and spaces that is not so, and then every
candidate that is chosen by it is a worse one than a random one. So the results of the first scored candidates are
compared with their scores. The best by score all have high ones, which tells little: `nas_search.prefiltered` therefore
trains random ones before them.

A function of the history alone, like every decision; `nas_plan.score_reliability` tells people of it.

Reference: Krishnakumar et al., "NAS-Bench-Suite-Zero", NeurIPS 2022, arXiv:2210.03230 (on how many tasks scores fail).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nas_core.api.strategy import Objective
from nas_core.api.types import PROXY_PREFIX
from nas_core.history import History, Observation, Scored
from nas_core.objectives import costs_of
from nas_core.ranks import kendall_tau, ranks, tau_interval
from nas_search.ranking import Floats

JUDGED_FROM = 5
"""Results of scored candidates before anything is said of the scores."""
JUDGED = 20
"""Results of scored candidates that are judged by, the first ones: later ones were chosen by all that was known."""
LOOKED_AT = 200
"""Results among which these are looked for, so that a long history costs nothing."""
CREDIBLE = 0.2
"""Standard deviations by which the tau has to be above zero: six chances in ten that results agree with scores.

Few results say nothing for certain. To train the best scored one for worthless scores costs one training; to drop good
scores costs more, and on NAS-Bench-201 five random results agree with `synflow` in nine searches of ten by this.
"""


class Agreement(NamedTuple):
    """How the results of scored candidates and their scores agree."""

    results: int
    """Results that were compared."""
    tau: float | None
    """Kendall's tau; None if they have no order."""
    credible: bool | None
    """Whether it is above zero; None of too few results."""


class ScoreAgreement:
    """The scores of a search, ready to be compared with any of its histories."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        """Compare with the first objective, as what scores predict is accuracy."""
        self._objective = objectives[:1]
        self._scores: tuple[Scored, ...] = ()
        self._ranks: dict[str, float] = {}

    def contradicted(self, history: History) -> bool:
        """Whether the results tell that the scores are not worth going by."""
        return self.of(history.scores, history.observations).credible is False

    def agreed(self, history: History) -> bool:
        """Whether the results tell that the scores are worth going by."""
        return self.of(history.scores, history.observations).credible is True

    def of(self, scores: tuple[Scored, ...], observations: Sequence[Observation]) -> Agreement:
        """Compare scores with results, which are in the order of recording."""
        if scores is not self._scores:
            self._scores, self._ranks = scores, _ranks(scores)
        pairs = dict(self._pairs(observations)).values() if self._ranks else ()
        first = list(pairs)[:JUDGED]
        tau = kendall_tau([rank for rank, _ in first], [value for _, value in first])
        interval = None if tau is None or len(first) < JUDGED_FROM else tau_interval(tau, len(first), CREDIBLE)
        return Agreement(len(first), tau, None if interval is None else interval[0] > 0)

    def _pairs(self, observations: Sequence[Observation]) -> Iterator[tuple[str, tuple[float, float]]]:
        """Yield score and value by the id of the candidate, that of its first valid result."""
        seen: set[str] = set()
        for result in observations[:LOOKED_AT]:
            identity = result.candidate.id
            if identity in self._ranks and identity not in seen and result.metrics is not None:
                [cost] = costs_of(result.metrics, self._objective)
                if math.isfinite(cost):
                    seen.add(identity)
                    yield identity, (self._ranks[identity], -cost)


def mean_rank(scored: Sequence[Scored], names: Sequence[str]) -> Floats:
    """Return the mean over some metrics of each one's rank, from 1 for the least; shape (scored,)."""
    return np.asarray(np.mean([ranks(np.array([score.metrics[name] for score in scored])) for name in names], axis=0))


def _ranks(scores: Sequence[Scored]) -> dict[str, float]:
    """Return the mean rank of each scored candidate by its id."""
    names = sorted({name for score in scores for name in score.metrics if name.startswith(PROXY_PREFIX)})
    known = [score for score in scores if all(math.isfinite(score.metrics.get(name, math.nan)) for name in names)]
    if not names or not known:
        return {}
    return {one.candidate.id: rank for one, rank in zip(known, mean_rank(known, names).tolist(), strict=True)}

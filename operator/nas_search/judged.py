"""Which predictor of a search is judged by results that it was not fitted to, and what follows if it does not rank.

A predictor behind a strategy (`evaluation.prefilter.predictor`, `nas_search.predicted`) is left out then. `bayesian`
has nothing to go on with but its own, so it explores (`nas_search.bayesian`). `nas_plan.surrogate_reliability` tells
people, by the same numbers (`predictors.held_out`).
"""

from __future__ import annotations

from dataclasses import dataclass

from nas_core.api.evaluation import Evaluation
from nas_core.api.strategy import StrategySpec
from nas_search.bayesian.strategy import JUDGED_FROM
from nas_search.predicted import prediction_of


@dataclass(frozen=True)
class Judged:
    """A predictor that is judged."""

    model: str
    """Its name in the table of predictors."""
    after: int
    """Results with a value of every objective before it is judged."""
    otherwise: str
    """What the search does while the predictor does not rank, for people."""


def judged_of(strategy: StrategySpec, evaluation: Evaluation) -> Judged | None:
    """Return the predictor of a search that is judged; None if it has none."""
    if behind := prediction_of(evaluation):
        return Judged(behind.model, behind.after, "the strategy goes on without it")
    if strategy.bayesian:
        return Judged("gaussianProcess", JUDGED_FROM, "every second candidate is drawn at random, to explore")
    return None

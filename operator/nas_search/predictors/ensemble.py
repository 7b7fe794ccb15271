"""Several predictors as one: the mean of what they say. They err differently, so the mean ranks better than each.

Reference: White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021,
arXiv:2104.01177 (predictors of several kinds together).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_search.predictors.predictor import Fitted, Predictor
from nas_search.ranking import Floats


@dataclass(frozen=True)
class FittedEnsemble:
    """What the members have learned."""

    members: Sequence[Fitted]

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the members' mixture; shapes (n,)."""
        means, deviations = (np.stack(part) for part in zip(*(m.predict(rows) for m in self.members), strict=True))
        return means.mean(0), np.sqrt((deviations**2).mean(0) + means.var(0))


@dataclass(frozen=True)
class Ensemble:
    """The predictor: its members are fitted to the same results."""

    members: Sequence[Predictor]

    def fit(self, rows: Floats, values: Floats) -> FittedEnsemble:
        """Learn from results: ``rows`` (n, columns) and their ``values`` (n,)."""
        return FittedEnsemble([member.fit(rows, values) for member in self.members])

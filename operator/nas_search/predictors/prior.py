"""Zero-cost scores, and results of earlier searches, as inputs of a predictor beside the features of the decisions.

One column a proxy: the normal quantile of the score's rank among all scored candidates. For a candidate that was not
scored it is the mean of a Gaussian process over the scored ones. How much each proxy is worth the predictor
learns.

Reference: White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021,
arXiv:2104.01177 (proxies as inputs of a model-based search).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from nas_core.api.strategy import Objective
from nas_core.api.types import PROXY_PREFIX
from nas_core.history import Earlier, Scored
from nas_core.objectives import costs_of
from nas_core.spaces import Architecture, SearchSpace
from nas_search.predictors.features import Features
from nas_search.predictors.gaussian_process import GaussianProcess, Posterior
from nas_search.predictors.warp import by_rank
from nas_search.ranking import Floats

SCORES_CONDITIONED = 512
"""Most scored candidates that the quantiles of the others are predicted from, evenly spread over all."""
BEST_SCORED = 256
"""Best scored candidates that the acquisition search starts from."""


def as_scores(earlier: Earlier, objective: Objective) -> list[Scored]:
    """Return the results of an earlier search as scores, of which more is better."""
    name = f"{PROXY_PREFIX}earlier"
    return [Scored(one.candidate, {name: -costs_of(one.metrics, [objective])[0]}) for one in earlier.results]


class Prior:
    """The scores of a search, for any candidate of its space."""

    def __init__(self, space: SearchSpace, features: Features, scores: Sequence[Scored]) -> None:
        """Take the proxies that all scored candidates have; without scores there are no columns."""
        names = sorted({name for score in scores for name in score.metrics if name.startswith(PROXY_PREFIX)})
        known = [score for score in scores if all(math.isfinite(score.metrics.get(name, math.nan)) for name in names)]
        self._space, self._features = space, features
        self.proxies = len(names) if known else 0
        self.best_scored: list[Architecture] = []
        """The best scored candidates by all proxies together, the best first."""
        self._quantiles: dict[str, Floats] = {}
        self._expected: list[Posterior] = []
        if not self.proxies:
            return
        # (scored, proxies)
        quantiles = np.stack([by_rank(np.array([score.metrics[name] for score in known])) for name in names], 1)
        values = [space.join(score.candidate.architecture, score.candidate.hyperparameters) for score in known]
        best = np.argsort(-quantiles.mean(1), kind="stable")[:BEST_SCORED]
        self.best_scored = [values[place] for place in best.tolist()]
        self._quantiles = {score.candidate.id: row for score, row in zip(known, quantiles, strict=True)}
        # Scores come in the order of drawing, which is random: evenly spread places are a fair sample.
        used = np.unique(np.linspace(0, len(known) - 1, SCORES_CONDITIONED).round().astype(int))
        process, rows = GaussianProcess(features.owners), features.rows([values[place] for place in used.tolist()])
        self._expected = [process.given(None, rows, column) for column in quantiles[used].T]

    def columns(self, values: Sequence[Architecture], rows: Floats) -> Floats:
        """Return the quantiles of candidates, ``rows`` being their features; shape (candidates, proxies)."""
        columns = np.empty((len(values), self.proxies))
        if not self.proxies or not values:
            return columns
        scored = [self._quantiles.get(self._space.canonical_id(candidate)) for candidate in values]
        missing = [place for place, row in enumerate(scored) if row is None]
        for place, row in enumerate(scored):
            if row is not None:
                columns[place] = row
        if missing:
            columns[missing] = np.stack([posterior.predict(rows[missing])[0] for posterior in self._expected], 1)
        return columns


class Priors:
    """Several of them, side by side."""

    def __init__(self, parts: Sequence[Prior]) -> None:
        self._parts = parts
        self.proxies = sum(part.proxies for part in parts)
        # The best of each in turn: whoever looks at the first ones sees some of all.
        turns = itertools.zip_longest(*(part.best_scored for part in parts))
        self.best_scored: list[Architecture] = [one for turn in turns for one in turn if one is not None]
        """The best scored candidates by each, the best first."""

    def columns(self, values: Sequence[Architecture], rows: Floats) -> Floats:
        """Return the columns of all of them; shape (candidates, proxies)."""
        return np.hstack([np.empty((len(values), 0)), *(part.columns(values, rows) for part in self._parts)])

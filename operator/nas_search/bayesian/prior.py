"""What zero-cost scores say of candidates, as columns that the surrogate takes beside the decisions.

One column a proxy: the normal quantile of the score's rank among all that were scored. Of a candidate that was not
scored it is what a Gaussian process over the scored ones expects. How much each proxy is worth is for the surrogate to
learn (`surrogate.Kernel`).

Reference: White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021,
arXiv:2104.01177 (proxies as inputs of a model-based search).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nas_core.api.types import PROXY_PREFIX
from nas_core.history import Scored
from nas_core.spaces import Architecture, SearchSpace
from nas_search.bayesian.features import Features
from nas_search.bayesian.surrogate import Kernel, Posterior
from nas_search.bayesian.warp import by_rank
from nas_search.ranking import Floats

USED = 512
"""Scored candidates that the expectation of the others rests on, evenly spread over all."""
BEST_SCORED = 256
"""Scored candidates that the search for the next one begins at."""


class Prior:
    """The scores of a search, for any candidate of its space."""

    def __init__(self, space: SearchSpace, features: Features, scores: Sequence[Scored]) -> None:
        """Take the proxies that all scored candidates have; without scores there are no columns."""
        names = sorted({name for one in scores for name in one.metrics if name.startswith(PROXY_PREFIX)})
        known = [one for one in scores if all(math.isfinite(one.metrics.get(name, math.nan)) for name in names)]
        self._space, self._features = space, features
        self.proxies = len(names) if known else 0
        self.best_scored: list[Architecture] = []
        """The best scored candidates by all proxies together, the best first."""
        self._quantiles: dict[str, Floats] = {}
        self._expected: list[Posterior] = []
        if not self.proxies:
            return
        quantiles = np.stack([by_rank(np.array([one.metrics[name] for one in known])) for name in names], 1)
        values = [space.join(one.candidate.architecture, one.candidate.hyperparameters) for one in known]
        best = np.argsort(-quantiles.mean(1), kind="stable")[:BEST_SCORED]
        self.best_scored = [values[place] for place in best.tolist()]
        self._quantiles = {one.candidate.id: row for one, row in zip(known, quantiles, strict=True)}
        used = np.unique(np.linspace(0, len(known) - 1, USED).round().astype(int))
        kernel, rows = Kernel(features.owners), features.rows([values[place] for place in used.tolist()])
        self._expected = [Posterior(kernel, kernel.median, rows, column) for column in quantiles[used].T]

    def columns(self, values: Sequence[Architecture], rows: Floats) -> Floats:
        """Return the quantiles of candidates, ``rows`` being their features; shape (candidates, proxies)."""
        found = np.empty((len(values), self.proxies))
        if not self.proxies or not values:
            return found
        scored = [self._quantiles.get(self._space.canonical_id(one)) for one in values]
        missing = [place for place, row in enumerate(scored) if row is None]
        for place, row in enumerate(scored):
            if row is not None:
                found[place] = row
        if missing:
            found[missing] = np.stack([of.predict(rows[missing])[0] for of in self._expected], 1)
        return found

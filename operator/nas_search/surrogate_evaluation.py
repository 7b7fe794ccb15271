"""Candidates are evaluated by a predictor alone, which has learned from earlier searches: nothing is trained.

The results of all earlier searches are taken together, so they have to be of one scale: the same data and epochs. One
whose results cannot be ranked from each other is left out. A prediction is turned back into the metric's own unit,
with a standard deviation that is calibrated on held-out results (`predictors.held_out`). What follows from the network
alone, such as its parameters, is taken from an earlier result of the same network where there is one.

Reference: White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021,
arXiv:2104.01177; Wen et al., "Neural Predictor for Neural Architecture Search", ECCV 2020, arXiv:1912.00848 (candidates
are predicted, and the best of them trained).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas_core.api.predictor import PredictorName
from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, Scored
from nas_core.metric_names import STD, known, of_network
from nas_core.objectives import cost_of
from nas_core.spaces import SearchSpace
from nas_search.predictors.features import Features
from nas_search.predictors.held_out import Checked, HeldOut, fit_checked
from nas_search.predictors.kinds import PREDICTORS
from nas_search.predictors.results_used import content_key, subset
from nas_search.predictors.scale import Scale
from nas_search.predictors.warp import by_rank, by_rank_and_value
from nas_search.predictors.worth import SourceWorth, Worth, worst
from nas_search.ranking import Floats

RESULTS_USED, JUDGED_BY = 256, 128
"""Most results that a predictor is fitted to, half of them the best; and those of a search that judge it."""
FEWEST = 5
"""Results that a metric needs to be predicted."""
NONE_HERE = HeldOut(0, None, None, 1.0)
"""No candidate is trained, so that nothing can contradict an earlier search."""


@dataclass(frozen=True)
class _Metric:
    """A metric that is predicted."""

    name: str
    sign: float
    """What turns it so that more is better."""
    checked: Checked
    scale: Scale
    bounds: tuple[float, float]
    """Least and greatest value that it can have."""
    exact: Mapping[str, float]
    """By id of a candidate: what is known of it, since it follows from the network alone."""


class SurrogateEvaluation:
    """Predicts the metrics of candidates from earlier results."""

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        limits: Sequence[Constraint],
        model: PredictorName,
        earlier: Sequence[Earlier],
    ) -> None:
        """Fit a predictor of each objective, and of each other metric that has a limit."""
        self._features, self._model = Features(space), model
        self._fits: dict[bytes, Checked] = {}
        self._metrics: list[_Metric] = []
        self.missing: list[str] = []
        """Metrics of which too few earlier results are known."""
        own = [worst([self._judged(one.results, o) for o in objectives]) for one in earlier]
        sources = tuple(SourceWorth(one.source, held, NONE_HERE) for one, held in zip(earlier, own, strict=True))
        used = [one for one, worth in zip(earlier, sources, strict=True) if worth.used]
        # Of a network with several results the last.
        results = list({row.candidate.id: row for one in used for row in one.results}.values())
        asked = {o.metric: (_sign(o), by_rank_and_value) for o in objectives}
        asked = {limit.metric: (1.0, by_rank) for limit in limits if limit.metric not in asked} | asked
        for name, (sign, warp) in asked.items():
            rows = [row for row in results if math.isfinite(row.metrics.get(name, math.nan))]
            if len(rows) < FEWEST:
                self.missing.append(name)
            else:
                self._metrics.append(self._metric(rows, name, sign, warp))
        named = {o.metric for o in objectives}
        held_out = [one.checked.held_out for one in self._metrics if one.name in named]
        self.worth = Worth(worst(held_out) if held_out else None, sources, from_earlier=True)
        """What it is worth: candidates may be evaluated if it ranks."""

    @property
    def ranks(self) -> bool:
        """Whether candidates may be evaluated with it: everything is predicted, and held-out results are ranked."""
        return not self.missing and self.worth.held_out is not None and self.worth.held_out.ranks

    def evaluate(self, candidates: Sequence[CandidateSpec]) -> list[dict[str, float]]:
        """Return the metrics of candidates, each with its standard deviation (``<metric>_std``) if it is predicted."""
        found: list[dict[str, float]] = [{} for _ in candidates]
        # Not remembered, as each candidate is evaluated once.
        rows = self._features.remembered(candidates)
        for metric in self._metrics:
            mean, deviation = metric.checked.predict(rows)
            low, middle, high = (metric.sign * metric.scale.back(mean + k * deviation) for k in (-1, 0, 1))
            values = np.clip(middle, *metric.bounds)
            for place, candidate in enumerate(candidates):
                if candidate.id in metric.exact:
                    found[place][metric.name] = metric.exact[candidate.id]
                else:
                    found[place][metric.name] = float(values[place])
                    found[place][metric.name + STD] = float(abs(high[place] - low[place]) / 2)
        return found

    def _metric(self, rows: Sequence[Scored], name: str, sign: float, warp: Callable[[Floats], Floats]) -> _Metric:
        values = sign * np.array([row.metrics[name] for row in rows])
        warped = warp(values)
        checked = self._fit(rows, values, warped, RESULTS_USED)
        exact = {row.candidate.id: row.metrics[name] for row in rows} if of_network(name) else {}
        return _Metric(name, sign, checked, Scale(values, warped), _bounds(name, sign * values), exact)

    def _judged(self, rows: Sequence[Scored], objective: Objective) -> HeldOut:
        """Return how well the results of one search are ranked from each other."""
        values = _sign(objective) * np.array([row.metrics[objective.metric] for row in rows])
        return self._fit(rows, values, by_rank_and_value(values), JUDGED_BY).held_out

    def _fit(self, rows: Sequence[Scored], values: Floats, warped: Floats, most: int) -> Checked:
        used = subset(values, most)
        features = self._features.remembered([rows[place].candidate for place in used.tolist()])
        # Of one earlier search with few results, what judges it and what evaluates is the same.
        key = content_key(features, warped[used])
        if key not in self._fits:
            self._fits[key] = fit_checked(PREDICTORS[self._model](self._features.owners, 0), features, warped[used])
        return self._fits[key]


def _bounds(name: str, values: Floats) -> tuple[float, float]:
    """Return what a metric of this name cannot go beyond; nothing where results do, as those of another trainer may."""
    of = known(name)
    if of is None or values.min() < of.least or values.max() > of.most:
        return -math.inf, math.inf
    return of.least, of.most


def _sign(objective: Objective) -> float:
    """Return what turns values of an objective so that more is better."""
    return -cost_of(objective, 1.0)

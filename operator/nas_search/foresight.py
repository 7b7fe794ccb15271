"""What earlier searches foresee of candidates, compared with results: a search that these contradict is dropped.

For a candidate that an earlier search has tried that is the rank of its result there, for any other what a Gaussian
process makes of these ranks (`predictors.prior`). Where two tasks have little in common, going by one of them costs the
other (negative transfer), so the order that is foreseen is compared with that of the first results. A few of these are
of random candidates (`nas_search.warm_started`): of the best alone, which are all foreseen as good, no order can be
told. At each of a few counts of results more is asked for; an earlier search that fails once is dropped for good.

A function of the history alone, like every decision; `nas_plan.warm_start_usefulness` tells people of it.

References: Wistuba, Schilling & Schmidt-Thieme, "Two-Stage Transfer Surrogate Model for Automatic Hyperparameter
Optimization", ECML 2016 (earlier tasks weighed by how they rank the results of this one); Feurer, Letham & Bakshy,
"Scalable Meta-Learning for Bayesian Optimization using Ranking-Weighted Gaussian Process Ensembles", 2018,
arXiv:1802.02219 (those that rank worse than chance are left out).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nas_core.history import Earlier, History, Observation
from nas_core.ranks import kendall_tau, tau_interval
from nas_search.predictors.features import Features
from nas_search.predictors.held_out import HeldOut
from nas_search.predictors.prior import Prior, as_scores
from nas_search.predictors.worth import Foreseen, worst
from nas_search.problem import Problem
from nas_search.ranking import Floats
from nas_search.results_matrix import ResultsMatrix

ASKED: Mapping[int, float] = {5: 0.0, 10: 1.5, 20: 1.96}
"""Standard deviations by which tau has to be above zero, by the number of results: by chance it is above zero in one of
two, fifteen and forty cases."""
JUDGED = max(ASKED)
"""Results that are judged by, the first ones: later ones were chosen by all that was known."""


class Foresight:
    """The earlier searches of a search, ready to be compared with any of its histories."""

    def __init__(self, problem: Problem) -> None:
        """Compare results of a problem."""
        self._problem, self._features = problem, Features(problem.space)
        self._results = ResultsMatrix(problem)
        self._earlier: tuple[Earlier, ...] = ()
        self._priors: list[list[Prior]] = []
        self._first: list[Observation] = []
        self._found: tuple[Foreseen, ...] = ()

    def of(self, history: History) -> tuple[Foreseen, ...]:
        """Return what is known of each earlier search, in the order in which they are named."""
        self._results.look(history.observations)
        places = self._results.valid[:JUDGED]
        first = [self._results.observations[place] for place in places.tolist()]
        # Every look of the operator reads them anew.
        same = history.earlier == self._earlier
        if same and first == self._first:
            return self._found
        if not same:
            self._earlier = history.earlier
            self._priors = [self._prior(one) for one in history.earlier]
        self._first, self._found = first, self._judge(first, -self._results.costs[places])
        return self._found

    def _judge(self, first: Sequence[Observation], values: Floats) -> tuple[Foreseen, ...]:
        """Compare what is foreseen of results with their ``values`` (results, objectives), more being better."""
        tried = [one.candidate for one in first]
        rows = self._features.remembered(tried)
        architectures = [self._problem.space.join(one.architecture, one.hyperparameters) for one in tried]
        found = []
        for one, priors in zip(self._earlier, self._priors, strict=True):
            # (results, objectives)
            said = np.hstack([prior.columns(architectures, rows) for prior in priors])
            here = _agreement(said, values, len(values))
            found.append(Foreseen(one.source, here, any(_fails(said, values, count) for count in ASKED)))
        return tuple(found)

    def _prior(self, earlier: Earlier) -> list[Prior]:
        objectives = self._problem.objectives
        return [Prior(self._problem.space, self._features, as_scores(earlier, each)) for each in objectives]


def _fails(said: Floats, values: Floats, count: int) -> bool:
    """Whether the first ``count`` results ask for more than there is; not before there are so many."""
    if len(values) < count:
        return False
    here = _agreement(said, values, count, ASKED[count])
    # Results without an order contradict nothing.
    return here.interval is not None and here.interval[0] <= 0


def _agreement(said: Floats, values: Floats, count: int, deviations: float | None = None) -> HeldOut:
    """Return how the first ``count`` results go with what was said: of several objectives the one it ranks worst."""
    each: Sequence[HeldOut] = [_tau(*pair, deviations) for pair in zip(said[:count].T, values[:count].T, strict=True)]
    return worst(list(each))


def _tau(said: Floats, values: Floats, deviations: float | None) -> HeldOut:
    count, tau = len(values), kendall_tau(said.tolist(), values.tolist())
    if tau is None:
        return HeldOut(count, None, None, 1.0)
    interval = tau_interval(tau, count) if deviations is None else tau_interval(tau, count, deviations)
    return HeldOut(count, tau, interval, 1.0)

"""Syne Tune's regularized evolution: population 100, samples of 10, its defaults. Reference: Real et al., 2019."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
from syne_tune.optimizer.baselines import REA

from nas_benchmark.other_libraries.base import LibraryEntrant
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real

METRIC = "cost"
"""What the scheduler minimises: the first objective as a cost."""
BEGAN = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""When every trial began: the scheduler asks for it and makes no use of it."""


class Adapter(LibraryEntrant):
    """Drives the asynchronous scheduler, so it may be asked again before results have come."""

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        super().__init__(space, objectives, seed)
        # Its first, random candidates come from numpy's own generator, not from the seed it is given.
        np.random.seed(seed)
        domains = {decision.name: _domain(decision) for decision in space.decisions}
        self._scheduler = REA(domains, metric=METRIC, do_minimize=True, random_seed=seed)
        self._running: dict[int, Trial] = {}

    def ask(self, index: int) -> dict[str, str]:
        """Return the architecture of a new trial."""
        config = self._scheduler.suggest().config
        self._running[index] = Trial(trial_id=index, config=config, creation_time=BEGAN)
        return self.applying({d.name: _written(d, config[d.name]) for d in self.space.decisions})

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """End the trial with its result."""
        trial, costs = self._running.pop(index), self.costs(metrics)
        if costs:
            self._scheduler.on_trial_complete(trial, {METRIC: costs[0]})
        else:
            self._scheduler.on_trial_error(trial)


def _domain(decision: Decision) -> Any:
    if isinstance(decision, Integer):
        if decision.log and decision.step == 1:
            return lograndint(decision.low, decision.high)
        # By place: randint has no step.
        return randint(0, decision.count - 1)
    if isinstance(decision, Real):
        return (loguniform if decision.log else uniform)(decision.low, decision.high)
    return choice(list(decision.values()))


def _written(decision: Decision, value: Any) -> str:
    if isinstance(decision, Integer):
        return str(int(value) if decision.log and decision.step == 1 else decision.low + decision.step * int(value))
    return decision.write(float(value)) if isinstance(decision, Real) else str(value)

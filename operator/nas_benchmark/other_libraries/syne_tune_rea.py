"""Syne Tune's regularized evolution: population 100, samples of 10, its defaults. Reference: Real et al., 2019."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import numpy as np
from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer.baselines import REA

from nas_benchmark.other_libraries.base import LibraryEntrant
from nas_benchmark.other_libraries.syne_tune_space import domains, values_of
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace

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
        self._scheduler = REA(domains(space), metric=METRIC, do_minimize=True, random_seed=seed)
        self._running: dict[int, Trial] = {}

    def ask(self, index: int) -> dict[str, str]:
        """Return the architecture of a new trial."""
        config = self._scheduler.suggest().config
        self._running[index] = Trial(trial_id=index, config=config, creation_time=BEGAN)
        return self.applying(values_of(self.space, config))

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """End the trial with its result."""
        trial, costs = self._running.pop(index), self.costs(metrics)
        if costs:
            self._scheduler.on_trial_complete(trial, {METRIC: costs[0]})
        else:
            self._scheduler.on_trial_error(trial)

"""Hyperopt's tree-structured Parzen estimator. Reference: Bergstra et al., NeurIPS 2011."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hyperopt import JOB_STATE_DONE, JOB_STATE_NEW, STATUS_FAIL, STATUS_OK, Trials, hp, tpe
from hyperopt.base import Domain

from nas_benchmark.other_libraries.base import LibraryEntrant
from nas_core.api.strategy import Objective
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real


class Adapter(LibraryEntrant):
    """Does what ``fmin`` does with a queue of trials, so it may be asked again before results have come."""

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        super().__init__(space, objectives, seed)
        logging.getLogger("hyperopt").setLevel(logging.ERROR)
        self._rng = np.random.default_rng(seed)
        # The function is never called: the results come from the table.
        self._domain = Domain(lambda _: None, {d.name: _expression(d) for d in space.decisions})
        self._trials = Trials()
        self._running: dict[int, Any] = {}

    def ask(self, index: int) -> dict[str, str]:
        """Return the architecture of a new trial."""
        numbers = self._trials.new_trial_ids(1)
        self._trials.refresh()
        documents = tpe.suggest(numbers, self._domain, self._trials, self._rng.integers(2**31 - 1))
        self._trials.insert_trial_docs(documents)
        self._trials.refresh()
        # The study has copies of the documents; `tell` writes into those.
        document = self._running[index] = next(t for t in self._trials._dynamic_trials if t["tid"] == numbers[0])
        drawn = {name: places[0] for name, places in document["misc"]["vals"].items()}
        return self.applying({d.name: _written(d, drawn[d.name]) for d in self.space.decisions})

    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """End the trial with its result."""
        document, costs = self._running.pop(index), self.costs(metrics)
        assert document["state"] == JOB_STATE_NEW
        document["state"] = JOB_STATE_DONE
        document["result"] = {"status": STATUS_OK, "loss": costs[0]} if costs else {"status": STATUS_FAIL}
        self._trials.refresh()


def _expression(decision: Decision) -> Any:
    if isinstance(decision, Integer):
        # By place. quniform returns a float.
        return hp.quniform(decision.name, 0, decision.count - 1, 1)
    if isinstance(decision, Real):
        if decision.log:
            return hp.loguniform(decision.name, math.log(decision.low), math.log(decision.high))
        return hp.uniform(decision.name, decision.low, decision.high)
    return hp.choice(decision.name, list(decision.values()))


def _written(decision: Decision, value: Any) -> str:
    if isinstance(decision, Integer):
        return str(decision.low + decision.step * int(value))
    if isinstance(decision, Real):
        return decision.write(float(value))
    # hp.choice stores the place of the option.
    return list(decision.values())[int(value)]

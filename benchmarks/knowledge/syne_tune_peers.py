"""Syne Tune's transfer learning beside ours, from the same earlier searches; imported only where it is installed.

Each of its three methods is given what the searches of all other tasks have tried; none of them learns from results of
the task itself. Settings are the defaults; random search within the bounding box is what its documentation shows.
Two things of version 0.16.0 are worked around, to its advantage:

- `ZeroShotTransfer` compares configurations that all tasks have results of. To foresee those that are missing
  (`use_surrogates`) ends with an AttributeError, so the tables say what every one of them reaches on every other task.
- Its `suggest` draws at random, whatever was chosen; so it is asked by `get_config`.

References: Wistuba, Schilling & Schmidt-Thieme, ICDM 2015 (`ZeroShotTransfer`); Perrone, Shen, Seeger, Archambeau &
Jenatton, "Learning Search Spaces for Bayesian Optimization", NeurIPS 2019 (`BoundingBox`); Salinas, Shen & Perrone, "A
Quantile-based Approach for Hyperparameter Transfer Learning", ICML 2020 (`QuantileBasedSurrogateSearcher`).
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from syne_tune.optimizer.baselines import RandomSearch
from syne_tune.optimizer.schedulers.single_objective_scheduler import SingleObjectiveScheduler
from syne_tune.optimizer.schedulers.transfer_learning.bounding_box import BoundingBox
from syne_tune.optimizer.schedulers.transfer_learning.quantile_based.quantile_based_searcher import (
    QuantileBasedSurrogateSearcher,
)
from syne_tune.optimizer.schedulers.transfer_learning.transfer_learning_task_evaluation import (
    TransferLearningTaskEvaluations,
)
from syne_tune.optimizer.schedulers.transfer_learning.zero_shot import ZeroShotTransfer

from benchmarks.knowledge.searches import QUERIES, earlier_texts
from benchmarks.knowledge.tasks import measured, problem
from nas_benchmark.other_libraries.syne_tune_space import domains, values_of
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Integer

METRIC = "cost"
"""It is minimised."""
Tried = Mapping[str, TransferLearningTaskEvaluations]
Domains = Mapping[str, Any]
Suggest = Callable[[], Mapping[str, Any]]


def run(family: str, task: str, seed: int, arm: str) -> list[float]:
    """Return the normalised regret after each query; one that is asked again counts again."""
    space, regret = problem(family).space, measured(family, task).regret
    tried = earlier_texts(family, task, seed)
    if arm == "ZeroShotTransfer":
        every = dict.fromkeys(text for texts in tried.values() for text in texts)
        tried = dict.fromkeys(tried, tuple(every))
    evaluations = {name: _evaluations(family, name, texts) for name, texts in tried.items()}
    np.random.seed(seed)
    logging.disable(logging.WARNING)
    with contextlib.redirect_stdout(io.StringIO()):
        suggest = ARMS[arm](domains(space), evaluations, seed)
        asked = [space.text(values_of(space, suggest())) for _ in range(QUERIES)]
    logging.disable(logging.NOTSET)
    return [float(value) for value in np.minimum.accumulate([regret[text] for text in asked])]


def _zero_shot(space: Domains, tried: Tried, seed: int) -> Suggest:
    suggest: Suggest = ZeroShotTransfer(space, METRIC, tried, random_seed=seed).get_config
    return suggest


def _quantiles(space: Domains, tried: Tried, seed: int) -> Suggest:
    searcher = QuantileBasedSurrogateSearcher(space, tried, random_seed=seed)
    scheduler = SingleObjectiveScheduler(config_space=space, metric=METRIC, searcher=searcher, random_seed=seed)
    return lambda: scheduler.suggest().config


def _box(space: Domains, tried: Tried, seed: int) -> Suggest:
    scheduler = BoundingBox(_random_search, space, METRIC, tried, random_seed=seed)
    last: dict[str, Any] = {}

    def suggest() -> Mapping[str, Any]:
        # Of a box whose configurations have all been tried nothing comes any more: the last one stands.
        if suggested := scheduler.suggest():
            last.update(suggested.config)
        return last

    return suggest


def _random_search(space: Domains, metric: str, do_minimize: bool, seed: int) -> RandomSearch:
    return RandomSearch(space, [metric], do_minimize=do_minimize, random_seed=seed)


ARMS: Mapping[str, Callable[[Domains, Tried, int], Suggest]] = {
    "ZeroShotTransfer": _zero_shot,
    "BoundingBox": _box,
    "Quantiles": _quantiles,
}


def config_of(space: SearchSpace, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration of an architecture: what `values_of` turns back, in the spaces of these tables."""
    return {
        one.name: (int(values[one.name]) - one.low) // one.step if isinstance(one, Integer) else values[one.name]
        for one in space.decisions
    }


def _evaluations(family: str, task: str, texts: tuple[str, ...]) -> TransferLearningTaskEvaluations:
    """Return what is known of a task."""
    space, values = problem(family).space, measured(family, task).values
    configs = pd.DataFrame([config_of(space, space.parse(text)) for text in texts])
    costs = -np.array([values[text] for text in texts]).reshape(-1, 1, 1, 1)
    return TransferLearningTaskEvaluations(domains(space), configs, [METRIC], costs)

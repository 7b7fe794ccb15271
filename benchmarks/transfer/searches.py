"""One seed: searches of a target with and without an earlier search of a source, on the same table.

The source is another data set, or made of it: `NOISE` has its values exchanged among all networks, so that they say
nothing of the target; `TURNED` has them turned round, so that the best there are the worst here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nas_benchmark.table import Table, read_table
from nas_core.api.strategy import Objective, StrategySpec
from nas_core.api.warm_start import CANDIDATES
from nas_core.history import Earlier, History, Observation, Scored
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search import Problem, create_strategy
from nas_search.strategy import Strategy

COLUMNS = ("c10_val", "c100_val", "in16_val")
NOISE, TURNED = "noise", "turned"
EARLIER, EARLIER_SEED = 100, 10_000
"""Candidates of the earlier search, a random half of them; its seed is another one."""
METRIC = "accuracy"
PROBLEM = Problem(NasBench201(), [Objective.model_construct(metric=METRIC, goal="maximize")])


class Case(NamedTuple):
    """A search of a strategy for a target; ``source`` None: without an earlier search."""

    strategy: str
    target: str
    source: str | None


class Found(NamedTuple):
    """What a search gave: the regret after each query, in points, and whether the earlier search was dropped."""

    regret: list[float]
    dropped: bool


@cache
def read(path: Path) -> Table:
    """Read the table, of networks that are the same the mean."""
    return read_table([path], PROBLEM.space, COLUMNS, "mean")


def values(table: Table, column: str, seed: int) -> Mapping[str, float]:
    """Return the value of each network by its id."""
    if column == TURNED:
        return {network: -row[COLUMNS[0]] for network, row in table.metrics.items()}
    if column != NOISE:
        return {network: row[column] for network, row in table.metrics.items()}
    shuffled = np.random.default_rng([seed, 1]).permutation([row[COLUMNS[0]] for row in table.metrics.values()])
    return dict(zip(table.metrics, shuffled.tolist(), strict=True))


def run(path: Path, seed: int, queries: int, case: Case) -> Found:
    """Run a search, after the earlier one that it begins with."""
    table = read(path)
    earlier: tuple[Earlier, ...] = ()
    if case.source:
        there = values(table, case.source, seed)
        done = _search(_strategy(case.strategy, EARLIER_SEED + seed), there, EARLIER)
        earlier = (Earlier("earlier", tuple(Scored(one.candidate, one.metrics or {}) for one in done)),)
    here = values(table, case.target, seed)
    strategy = _strategy(case.strategy, seed, CANDIDATES if earlier else None)
    results = _search(strategy, here, queries, earlier)
    reached = np.maximum.accumulate([(one.metrics or {})[METRIC] for one in results])
    worth = strategy.surrogate(History(results, earlier=earlier)) if earlier else None
    return Found((max(here.values()) - reached).tolist(), bool(worth and worth.foreseen[0].dropped))


def _strategy(name: str, seed: int, warm_start: int | None = None) -> Strategy:
    return create_strategy(StrategySpec.model_validate({name: {}, "seed": seed}), PROBLEM, warm_start=warm_start)


def _search(
    strategy: Strategy, there: Mapping[str, float], queries: int, earlier: tuple[Earlier, ...] = ()
) -> tuple[Observation, ...]:
    """Return the results of a search, one trial at a time."""
    seen: tuple[Observation, ...] = ()
    for index in range(queries):
        [candidate] = strategy.ask(History(seen, (), index, earlier=earlier), 1)
        seen += (Observation(index, index + 1, candidate, {METRIC: there[candidate.id]}),)
    return seen

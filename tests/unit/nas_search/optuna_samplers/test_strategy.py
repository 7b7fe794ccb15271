from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from nas_core.api.strategy import SamplerName
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, Subset, when
from nas_core.spaces.nas_bench_201 import OPS
from nas_search import History, Observation, Problem, Strategy
from nas_search.optuna_samplers import OptunaSampler
from nas_search.random_search import RandomSearch
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO, StrategyConformance

MIXED = SearchSpace(
    "mixed",
    [
        Choice("kind", ("a", "b")),
        Integer("layers", 1, 100, step=3),
        Integer("width", 8, 1000, step=8, log=True, when=when("kind", "a")),
        Real("rate", 0.001, 1.0, log=True),
        Subset("inputs", ("p", "q", "r", "s"), least=1, most=2),
    ],
)


class TestTpe(StrategyConformance):
    trials = 25

    def create(self, problem: Problem, seed: int) -> Strategy:
        return OptunaSampler(problem, seed, "tpe")


def searched(strategy: Strategy, trials: int) -> History:
    """A search for a small rate and few layers, with every ninth trial failed."""
    seen = History()
    for index in range(trials):
        [candidate] = strategy.ask(seen, 1)
        MIXED.validate(candidate.architecture)
        rate, layers = float(candidate.architecture["rate"]), int(candidate.architecture["layers"])
        metrics = None if index % 9 == 8 else {"quality": -abs(np.log(rate / 0.02)) - layers / 50, "cost": rate}
        seen = History((*seen.observations, Observation(index, index + 1, candidate, metrics)))
    return seen


@pytest.mark.parametrize("sampler", get_args(SamplerName))
def test_all_kinds_of_decisions_are_told_and_suggested(sampler: SamplerName) -> None:
    seen = searched(OptunaSampler(Problem(MIXED, TWO, LIMIT), 0, sampler), 70)
    assert {o.candidate.origin for o in seen.observations[10:]} == {"Model"}


@pytest.mark.parametrize("sampler", get_args(SamplerName))
def test_it_finds_more_than_random_search(sampler: SamplerName) -> None:
    def best(strategy: Strategy) -> float:
        return max(o.metrics["quality"] for o in searched(strategy, 120).observations if o.metrics)

    found = np.mean([best(OptunaSampler(Problem(MIXED, ONE), seed, sampler)) for seed in range(3)])
    assert found > np.mean([best(RandomSearch(Problem(MIXED, ONE), seed)) for seed in range(3)])


def test_the_next_generation_comes_of_the_best_of_the_one_before() -> None:
    """Of 50 results 25 have a convolution at one edge and are good; their children have it."""
    cells = [{**SPACE.sample(np.random.default_rng(k)), "0-1": "nor_conv_3x3" if k % 2 else "none"} for k in range(50)]
    strategy = OptunaSampler(Problem(SPACE, ONE), 0, "nsgaii")
    results = [
        Observation(k, k + 1, strategy.candidate(cell, "Random"), {"quality": float(k % 2)})
        for k, cell in enumerate(cells)
    ]

    def share(seen: Sequence[Observation]) -> float:
        return float(np.mean([c.architecture["0-1"] == "nor_conv_3x3" for c in strategy.ask(History(tuple(seen)), 30)]))

    assert share(results[:49]) < 0.5
    assert share(results) > 0.6


def test_of_a_long_history_the_best_are_remembered() -> None:
    """Of 1,300 results the first 40 are the best, and they alone have a convolution at one edge."""
    rng = np.random.default_rng(0)
    strategy = OptunaSampler(Problem(SPACE, ONE), 0, "tpe")
    others = [op for op in OPS if op != "nor_conv_3x3"]
    results = []
    for k in range(1300):
        cell = {**SPACE.sample(rng), "0-1": "nor_conv_3x3" if k < 40 else str(rng.choice(others))}
        quality = 1.0 - k / 100 if k < 40 else -float(rng.random()) * 5
        results.append(Observation(k, k + 1, strategy.candidate(cell, "Random"), {"quality": quality}))
    batch = strategy.ask(History(tuple(results)), 5)
    assert [c.architecture["0-1"] for c in batch].count("nor_conv_3x3") >= 3


def decided() -> str:
    return str(
        [
            observation.candidate.id
            for sampler in get_args(SamplerName)
            for observation in searched(OptunaSampler(Problem(MIXED, TWO, LIMIT), 0, sampler), 25).observations
        ]
    )


def test_another_process_decides_alike() -> None:
    """Optuna keeps sets of names; their order must not decide."""
    code = f"from {__name__} import decided; print(decided())"
    path = os.pathsep.join([str(Path.cwd()), *sys.path])
    other = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": path},
    )
    assert other.stdout.strip() == decided()

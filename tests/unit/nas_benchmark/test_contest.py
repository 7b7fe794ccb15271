from __future__ import annotations

import math

import pytest

from nas_benchmark.contest import Run, regrets, search
from nas_benchmark.contestants import STRATEGIES, make
from nas_benchmark.table import Table
from nas_core.api.strategy import Objective
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.testing.toy_space import ToySpace
from nas_search.testing.strategy_conformance import ONE

TOY, SPACE = ToySpace(), NasBench201()
IDS = list(TOY.distinct)
TABLE = Table(TOY, "mean", {one: {"quality": float(k % 7), "seconds": 1.0 + k % 3} for k, one in enumerate(IDS)})


def run(workers: int = 1, cost: str | None = None, budget: int = 12, sign: float = 1.0) -> Run:
    goal = "maximize" if sign > 0 else "minimize"
    strategy = make("random", TOY, [Objective(metric="quality", goal=goal)], 3)  # type: ignore[arg-type]
    return search(strategy, TABLE, "quality", sign, budget, workers, cost)


def test_incumbents_are_the_best_so_far() -> None:
    found = run()
    assert len(found.values) == len(found.ask_ms) == 12
    best = -math.inf
    for value, place in zip(found.values, found.incumbents, strict=True):
        assert value is not None
        best = max(best, value)
        assert found.values[place] == best
    assert list(regrets(found, 6.0, 1.0)) == [6.0 - (found.values[place] or 0.0) for place in found.incumbents]


def test_less_may_be_better() -> None:
    found = run(sign=-1.0)
    assert found.values[found.incumbents[-1]] == min(v for v in found.values if v is not None)
    assert regrets(found, 0.0, -1.0)[-1] == found.values[found.incumbents[-1]]


def test_workers_overlap_in_simulated_time() -> None:
    one, four = run(1, "seconds"), run(4, "seconds")
    total = sum(row["seconds"] for row in one.others)
    assert one.ended_at[-1] == pytest.approx(total)
    assert four.ended_at == sorted(four.ended_at)
    assert total / 4 <= four.ended_at[-1] < total / 2


def test_it_ends_when_the_space_is_exhausted() -> None:
    assert len(run(workers=3, budget=10_000).values) == len(IDS)


def test_what_is_not_in_the_table_counts_as_failed() -> None:
    table = Table(TOY, "mean", {IDS[0]: {"quality": 1.0}})
    found = search(make("random", TOY, ONE, 0), table, "quality", 1.0, len(IDS), 1, None)
    assert sorted(v for v in found.values if v is not None) == [1.0]
    curve = regrets(found, 1.0, 1.0)
    assert math.isinf(curve[0]) or curve[0] == 0
    assert curve[-1] == 0


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_contestant_is_what_its_name_says(name: str) -> None:
    assert make(name, SPACE, ONE, 5).seed == 5
    assert type(make(name, SPACE, ONE, 5)).name == name  # type: ignore[attr-defined]

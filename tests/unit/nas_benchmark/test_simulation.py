from __future__ import annotations

import pytest

from nas_benchmark.entrants import make
from nas_benchmark.simulation import Run, search
from nas_benchmark.table import Table
from nas_core.testing.toy_space import ToySpace
from nas_search.testing.strategy_conformance import ONE

TOY = ToySpace()
IDS = list(TOY.distinct)
TABLE = Table(TOY, "mean", {one: {"quality": float(k % 7), "seconds": 1.0 + k % 3} for k, one in enumerate(IDS)})
METRIC = ONE[0].metric


def run(workers: int = 1, seconds: str | None = None, budget: int = 12, name: str = "random") -> Run:
    return search(make(name, TOY, ONE, 3), TABLE, budget, workers, seconds)


def test_each_query_is_kept_in_the_order_of_results() -> None:
    found = run()
    assert len(found.results) == len(found.ask_ms) == 12
    assert all(result in TABLE.metrics.values() for result in found.results)
    assert found.ended_at == list(range(1, 13))


def test_workers_overlap_in_simulated_time() -> None:
    one, four = run(1, "seconds"), run(4, "seconds")
    total = sum(result["seconds"] for result in one.results if result)
    assert one.ended_at[-1] == pytest.approx(total)
    assert four.ended_at == sorted(four.ended_at)
    assert total / 4 <= four.ended_at[-1] < total / 2


def test_it_ends_when_the_space_is_exhausted() -> None:
    assert len(run(workers=3, budget=10_000).results) == len(IDS)


def test_what_is_not_in_the_table_counts_as_failed() -> None:
    table = Table(TOY, "mean", {IDS[0]: {METRIC: 1.0}})
    found = search(make("random", TOY, ONE, 0), table, len(IDS), 1, None)
    assert [result for result in found.results if result] == [{METRIC: 1.0}]


@pytest.mark.parametrize("workers", [1, 3])
def test_peers_take_part(workers: int) -> None:
    table = Table(TOY, "mean", {one: {METRIC: float(k)} for k, one in enumerate(IDS)})
    for name in ("optuna-nsga2", "pymoo-ga"):
        found = search(make(name, TOY, ONE, 0), table, 50, workers, None)
        assert 0 < len(found.results) <= 50
        assert all(found.results)

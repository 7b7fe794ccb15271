from __future__ import annotations

import math

import pytest

from nas_benchmark.regret import HypervolumeShares, incumbents, regrets
from nas_benchmark.simulation import Run
from nas_benchmark.table import Table
from nas_core.api.strategy import Objective
from nas_core.testing.toy_space import ToySpace

UP, DOWN = Objective(metric="a"), Objective(metric="b", goal="minimize")


def run(*rows: tuple[float, float] | None) -> Run:
    return Run([row and {"a": row[0], "b": row[1]} for row in rows])


def test_incumbents_are_the_best_so_far_and_the_first_of_equals() -> None:
    found = run(None, (2, 0), (1, 0), (3, 0), (3, 0))
    assert incumbents(found, UP) == [None, 1, 1, 3, 3]
    assert regrets(found, UP, 3.0) == [math.inf, 1, 1, 0, 0]


def test_less_may_be_better() -> None:
    assert regrets(run((0, 5), (0, 2), (0, 4)), DOWN, 2.0) == [3, 0, 0]


def test_the_hypervolume_is_a_share_of_the_true_fronts() -> None:
    rows = [(4.0, 4.0), (2.0, 1.0), (0.0, 6.0), (1.0, 5.0), (0.0, 5.0)]
    table = Table(ToySpace(), "raw", {str(k): {"a": a, "b": b} for k, (a, b) in enumerate(rows)})
    volumes = HypervolumeShares.of(table, [UP, DOWN])
    assert volumes.references["worst"].tolist() == [0.0, 6.0]
    assert volumes.references["median"].tolist() == [-1.0, 5.0]
    assert volumes.whole == {"worst": 4 * 2 + 2 * 3, "median": 3 * 1 + 1 * 3}
    found = run(None, (0, 6), (1, 5), (2, 1), (2, 1), (4, 4))
    assert volumes.curve(found, "worst") == pytest.approx([0, 0, 1 / 14, 10 / 14, 10 / 14, 1])
    assert volumes.curve(found, "median") == pytest.approx([0, 0, 0, 4 / 6, 4 / 6, 1])

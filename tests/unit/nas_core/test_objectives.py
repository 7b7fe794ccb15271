from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from nas_core.api.strategy import Constraint, Objective
from nas_core.objectives import best_value, bounds_of, cost_of, costs_of, known_to_break, violation

UP, DOWN = Objective(metric="quality"), Objective(metric="cost", goal="minimize")
LIMITS = [Constraint(metric="cost", max="10"), Constraint(metric="quality", min="0.5")]


def test_less_cost_is_better_whatever_the_goal() -> None:
    assert costs_of({"quality": 0.5, "cost": 3.0}, [UP, DOWN]) == [-0.5, 3.0]
    assert (best_value(UP, [1.0, 3.0, 2.0]), best_value(DOWN, [1.0, 3.0, 2.0])) == (3.0, 1.0)


@pytest.mark.parametrize("objective", [UP, DOWN])
def test_a_cost_turned_again_is_the_value(objective: Objective) -> None:
    assert cost_of(objective, cost_of(objective, 0.25)) == 0.25
    assert cost_of(objective, np.array([1.0, -2.0])).tolist() == [cost_of(objective, v) for v in (1.0, -2.0)]


def test_a_value_that_is_not_there_is_nan() -> None:
    assert all(map(math.isnan, costs_of({}, [UP, DOWN])))


def test_violations_are_relative_to_their_bounds_and_add_up() -> None:
    assert violation({"quality": 0.5, "cost": 10}, LIMITS) == 0
    assert violation({"quality": 0.25, "cost": 15}, LIMITS) == pytest.approx(0.5 + 0.5)
    assert violation({"quality": 1, "cost": 2}, [Constraint(metric="cost", max="0")]) == 2
    assert violation(None, LIMITS) == math.inf


@pytest.mark.parametrize(
    ("metrics", "broken"),
    [(None, False), ({}, False), ({"cost": 10.0}, False), ({"cost": 10.5}, True), ({"quality": 0.4}, True)],
)
def test_what_is_not_known_breaks_nothing(metrics: Mapping[str, float] | None, broken: bool) -> None:
    assert known_to_break(metrics, LIMITS) is broken


def test_a_bound_that_is_not_set_is_infinite() -> None:
    assert [bounds_of(limit) for limit in LIMITS] == [(-math.inf, 10.0), (0.5, math.inf)]

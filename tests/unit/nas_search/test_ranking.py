from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nas_core.api.strategy import Constraint, Objective
from nas_core.api.trial import CandidateSpec
from nas_search import Observation
from nas_search.ranking import (
    FRONT_LIMIT,
    Floats,
    best,
    best_distinct,
    by_merit,
    crowding,
    fronts,
    is_valid,
    non_dominated,
    reaches_targets,
    winner,
)

UP, DOWN = Objective(metric="quality"), Objective(metric="cost", goal="minimize")
CHEAP = Constraint(metric="cost", max="10")


def result(index: int, quality: float | None, cost: float = 0.0, name: str | None = None) -> Observation:
    spec = CandidateSpec(id=name or f"c{index}", architecture={}, origin="Random")
    metrics = None if quality is None else {"quality": quality, "cost": cost}
    return Observation(index, index + 1, spec, metrics)


def indices(observations: Sequence[Observation]) -> list[int]:
    return [o.index for o in observations]


@pytest.mark.parametrize("seed", range(20))
def test_fronts_of_two_objectives_are_those_that_are_left_when_the_better_are_gone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 8, (60, 2)).astype(float)
    left = np.arange(len(values))
    found = list(fronts(values))
    for front in found:
        expected = left[non_dominated(values[left])]
        assert front.tolist() == expected.tolist()
        left = np.setdiff1d(left, expected)
    assert not len(left)
    assert not list(fronts(values[:0]))
    assert sum(map(len, fronts(rng.random((50, 3))))) == 50


def test_the_best_of_one_objective_is_the_earliest_of_equals() -> None:
    results = [result(2, 0.9), result(1, 0.9), result(0, 0.1)]
    assert indices(best(results, [UP], [])) == [1]
    assert indices(best([result(0, 0.1, 5), result(1, 0.1, 3)], [DOWN], [])) == [1]


@pytest.mark.parametrize("quality", [None, math.nan, math.inf])
def test_failed_results_are_never_best(quality: float | None) -> None:
    assert best([result(0, quality)], [UP], []) == []
    assert indices(best([result(0, quality), result(1, -1e9)], [UP, DOWN], [])) == [1]


def test_infeasible_results_are_never_best() -> None:
    assert best([result(0, 0.9, cost=11)], [UP], [CHEAP]) == []
    assert indices(best([result(0, 0.9, cost=11), result(1, 0.1, cost=10)], [UP], [CHEAP])) == [1]
    assert best([result(0, 0.9)], [UP], [Constraint(metric="latency", max="1")]) == []


def test_several_objectives_give_the_pareto_front_sorted_by_the_first() -> None:
    results = [result(0, 0.5, 5), result(1, 0.9, 9), result(2, 0.4, 6), result(3, 0.9, 8)]
    assert indices(best(results, [UP, DOWN], [])) == [3, 0]


def test_an_architecture_is_on_the_front_once() -> None:
    results = [result(0, 0.5, 5, "same"), result(1, 0.9, 9), result(2, 0.5, 5, "same"), result(3, 0.5, 5, "other")]
    assert indices(best(results, [UP, DOWN], [])) == [1, 0, 3]


def test_a_long_front_is_thinned_but_keeps_its_ends() -> None:
    front = best([result(i, float(i), float(i * i)) for i in range(200)], [UP, DOWN], [])
    assert len(front) == FRONT_LIMIT
    assert {0, 199} <= set(indices(front))


def test_results_need_a_finite_value_of_every_objective() -> None:
    assert is_valid(result(0, 0.5), [UP, DOWN])
    assert not is_valid(result(0, 0.5), [UP, Objective(metric="latency")])


@given(arrays(np.float64, st.tuples(st.integers(0, 30), st.integers(1, 4)), elements=st.sampled_from([0.0, 1, 2, 3])))
def test_a_row_is_kept_if_and_only_if_no_other_dominates_it(values: Floats) -> None:
    expected = [not any(np.all(o <= row) and np.any(o < row) for o in values) for row in values]
    assert non_dominated(values).tolist() == expected


def test_crowding_is_the_normalised_distance_of_the_neighbours() -> None:
    values = np.array([[0.0, 4.0], [1.0, 2.0], [2.0, 1.0], [4.0, 0.0]])
    assert crowding(values).tolist() == [math.inf, 2 / 4 + 3 / 4, 3 / 4 + 2 / 4, math.inf]


def test_the_tournament_prefers_less_violation_then_quality_then_youth() -> None:
    assert winner([result(0, 0.9, 11), result(1, 0.1, 9)], [UP], [CHEAP]).index == 1
    assert winner([result(0, 0.1, 11), result(1, 0.9, 12)], [UP], [CHEAP]).index == 0
    assert winner([result(0, 0.5), result(1, 0.9), result(2, 0.9), result(3, 0.1)], [UP], []).index == 2


def test_the_tournament_of_several_objectives_is_won_from_the_front_by_the_least_crowded() -> None:
    assert winner([result(0, 0.5, 5), result(1, 0.4, 6)], [UP, DOWN], []).index == 0
    inner = [result(1, 0.10, 1.0), result(2, 0.11, 1.1), result(3, 0.60, 6.0)]
    ends = [result(0, 0.0, 0.0), result(4, 0.9, 9.0)]
    assert winner([*ends, *inner], [UP, DOWN], []).index == 4


def test_results_are_grouped_by_merit() -> None:
    results = [
        result(0, 0.1, 1),
        result(1, 0.9, 4),
        result(2, 0.2, 2),
        result(3, 0.1, 3),
        result(4, 1.0, 19),
        result(5, 1.0, 17),
    ]
    groups = [indices(group) for group in by_merit(results, [UP, DOWN], [CHEAP], 6)]
    assert groups == [[0, 1, 2], [3], [5], [4]]
    assert [indices(group) for group in by_merit(results, [UP, DOWN], [CHEAP], 2)] == groups[:1]
    assert [indices(group) for group in by_merit(results, [UP], [], 3)] == [[4, 5], [1]]
    assert not list(by_merit([], [UP], [], 4))


FRONT = [result(0, 0.9, 10), result(1, 0.8, 4), result(2, 0.3, 3), result(3, 0.1, 1), result(4, 0.1, 9)]
"""All but the last are on the front."""


def weighted(quality: str | None, cost: str | None) -> list[Objective]:
    return [
        Objective(metric="quality", weight=quality),
        Objective(metric="cost", goal="minimize", weight=cost),
    ]


@pytest.mark.parametrize(
    ("quality", "cost", "order"),
    [(None, None, [0, 1, 2, 3]), ("1", None, [1, 2, 0, 3]), ("9", "1", [0, 1, 2, 3]), ("0.1", "0.9", [3, 2, 1, 0])],
)
def test_weights_say_what_comes_first(quality: str | None, cost: str | None, order: list[int]) -> None:
    objectives = weighted(quality, cost)
    assert indices(best(FRONT, objectives, [])) == order
    if quality:
        assert indices(best_distinct(FRONT, objectives, [], 2)) == order[:2]
        assert winner(FRONT, objectives, []).index == order[0]


def test_what_suits_the_weights_best_is_shown_however_crowded_it_is() -> None:
    crowd = [result(k, 0.5 + k * 1e-6, 5 + k * 1e-5) for k in range(30)]
    spread = [result(100 + k, k / 40, k / 4) for k in range(20)] + [
        result(200 + k, 0.6 + k / 70, 6 + k) for k in range(30)
    ]
    front = best([*crowd, *spread], weighted("1", "1"), [])
    assert len(front) == FRONT_LIMIT
    everyone = best([*crowd[:1], *spread], weighted("1", "1"), [])
    assert front[0].metrics and everyone[0].metrics
    assert front[0].metrics["cost"] == pytest.approx(everyone[0].metrics["cost"], abs=0.01)


def test_targets_are_reached_together_and_within_the_constraints() -> None:
    aimed = [Objective(metric="quality", target="0.8"), Objective(metric="cost", goal="minimize", target="5")]
    assert [reaches_targets(r, aimed, []) for r in FRONT] == [False, True, False, False, False]
    assert not reaches_targets(FRONT[1], aimed, [Constraint(metric="cost", max="3")])
    assert not reaches_targets(result(0, None), aimed, [])
    assert [reaches_targets(r, [aimed[0], DOWN], []) for r in FRONT] == [True, True, False, False, False]
    assert not reaches_targets(FRONT[1], [UP, DOWN], []), "none has a target"

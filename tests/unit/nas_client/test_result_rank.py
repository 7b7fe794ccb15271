from __future__ import annotations

import math

import pytest

from nas_client.result_rank import comparable, is_valid, rank
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec
from nas_core.history import Observation

ONE = [{"metric": "val_accuracy"}]
TWO = [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}]


def spec(objectives: list[dict[str, str]], **more: object) -> NASSearchSpec:
    return NASSearchSpec.model_validate({"task": {"dataset": {"name": "digits"}}, "objectives": objectives} | more)


def result(sequence: int, epochs: int | None = None, **metrics: float) -> Observation:
    candidate = CandidateSpec(id=str(sequence), architecture={}, origin="Random")
    return Observation(sequence, sequence, candidate, metrics or None, epochs)


def test_with_one_objective_the_better_values_count() -> None:
    results = [result(1, val_accuracy=0.5), result(2, val_accuracy=0.9), result(3, val_accuracy=0.7)]
    assert [rank(one, results, spec(ONE)) for one in results] == [3, 1, 2]


def test_with_several_objectives_those_count_that_dominate_it() -> None:
    small, good, worse = (
        result(1, val_accuracy=0.5, parameters=10),
        result(2, val_accuracy=0.9, parameters=99),
        result(3, val_accuracy=0.8, parameters=99),
    )
    assert [rank(one, [small, good, worse], spec(TWO)) for one in (small, good, worse)] == [1, 1, 2]


def test_what_breaks_a_constraint_comes_after_what_keeps_it() -> None:
    limited = spec(ONE, constraints=[{"metric": "parameters", "max": "100"}])
    large, small = result(1, val_accuracy=0.9, parameters=200), result(2, val_accuracy=0.1, parameters=100)
    assert rank(large, [small], limited) == 2
    assert rank(small, [large], limited) == 1


@pytest.mark.parametrize("metrics", [{}, {"parameters": 1.0}, {"val_accuracy": math.nan}])
def test_without_a_finite_value_of_every_objective_there_is_no_rank(metrics: dict[str, float]) -> None:
    assert not is_valid(result(1, None, **metrics), spec(ONE))


def test_compared_are_the_others_after_as_many_epochs() -> None:
    mine, alike = result(1, 3, val_accuracy=0.5), result(2, 3, val_accuracy=0.1)
    others = [mine, alike, result(3, 9, val_accuracy=0.9), result(4, 3)]
    assert comparable(others, mine, spec(ONE)) == [alike]

from __future__ import annotations

import math

import numpy as np

from nas_core.api.strategy import Constraint
from nas_core.objectives import known_to_break, violation
from nas_search import Observation, Problem
from nas_search.ranking import by_merit, is_valid
from nas_search.results_matrix import ResultsMatrix
from nas_search.strategy import candidate_of
from nas_search.testing.strategy_conformance import ONE, SPACE, TWO

LIMITS = [Constraint(metric="cost", max="0.5"), Constraint(metric="size", min="0.2")]
[CANDIDATE] = [candidate_of(SPACE, SPACE.sample(np.random.default_rng(0)), "Random")]


def results(count: int, seed: int = 0) -> tuple[Observation, ...]:
    """Results with few different values, some without a metric, some failed."""
    rng = np.random.default_rng(seed)
    found = []
    for index in range(count):
        metrics = {name: int(rng.integers(6)) / 5 for name in ("quality", "cost", "size")}
        if rng.random() < 0.2:
            metrics[str(rng.choice(list(metrics)))] = math.nan
        if rng.random() < 0.2:
            del metrics[str(rng.choice(list(metrics)))]
        found.append(Observation(index, index + 1, CANDIDATE, metrics if rng.random() < 0.9 else None))
    return tuple(found)


def test_it_says_what_the_results_say_however_they_came() -> None:
    seen, others = results(200), results(50, seed=1)
    measured = ResultsMatrix(Problem(SPACE, TWO, LIMITS), "size")
    for history in (seen[:10], seen[:11], seen, others, seen[:60], seen):
        measured.look(history)
        assert measured.valid.tolist() == [place for place, one in enumerate(history) if is_valid(one, TWO)]
        assert measured.broken.tolist() == [violation(one.metrics, LIMITS) for one in history]
        assert measured.known_to_break.tolist() == [known_to_break(one.metrics, LIMITS) for one in history]
        for place, one in enumerate(history):
            metrics = one.metrics or {}
            expected = [-metrics.get("quality", math.nan), metrics.get("cost", math.nan)]
            assert np.array_equal(measured.costs[place], expected, equal_nan=True)
            assert np.array_equal(measured.prices[place], metrics.get("size", math.nan), equal_nan=True)
            limited = [metrics.get("cost", math.nan), metrics.get("size", math.nan)]
            assert np.array_equal(measured.constrained[place], limited, equal_nan=True)


def test_it_sorts_as_the_ranking_does() -> None:
    seen = results(300)
    for objectives in (ONE, TWO):
        for limits in ([], LIMITS):
            measured = ResultsMatrix(Problem(SPACE, objectives, limits))
            measured.look(seen)
            valid = [one for one in seen if is_valid(one, objectives)]
            for count in (1, 7, 40, 1000):
                assert list(measured.by_merit(count)) == list(by_merit(valid, objectives, limits, count))
            first = [one for one in seen[:100] if is_valid(one, objectives)]
            assert list(measured.by_merit(9, before=100)) == list(by_merit(first, objectives, limits, 9))


def test_groups_of_one_objective_are_those_of_each_value() -> None:
    """Only the best are sorted out; all have to be there."""
    seen = [one for one in results(300) if is_valid(one, ONE)]
    groups = list(by_merit(seen, ONE, [], 1000))
    values = [[(one.metrics or {})["quality"] for one in group] for group in groups]
    assert [value[0] for value in values] == sorted({value for each in values for value in each}, reverse=True)
    assert all(len(set(value)) == 1 for value in values)
    assert list(by_merit(seen, ONE, [], len(groups[0]) + 1)) == groups[:2]

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.strategy import Constraint, Objective
from nas_core.spaces import SearchSpace
from nas_search import History, Observation, Strategy
from nas_search.local_search import LocalSearch
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO, StrategyConformance

ARCHITECTURES = list(SPACE.distinct.values())


class TestConformance(StrategyConformance):
    def create(
        self, space: SearchSpace, objectives: Sequence[Objective], constraints: Sequence[Constraint], seed: int
    ) -> Strategy:
        return LocalSearch(space, objectives, constraints, seed, initial=8)


def history(*results: tuple[float, float]) -> History:
    """Results of quality and cost."""
    strategy = LocalSearch(SPACE, ONE, [], 0, 1)
    return History(
        tuple(
            Observation(i, i + 1, strategy.candidate(ARCHITECTURES[100 * i], "Random"), {"quality": q, "cost": c})
            for i, (q, c) in enumerate(results)
        )
    )


def apart(one: dict[str, str], other: dict[str, str]) -> int:
    return sum(one[name] != other[name] for name in one)


def test_neighbours_of_the_best_are_tried() -> None:
    seen = history((0.1, 0.0), (0.9, 0.0), (0.5, 0.0))
    for candidate in LocalSearch(SPACE, ONE, [], 0, 3).ask(seen, 5):
        assert candidate.parents == [1]
        assert apart(candidate.architecture, seen.observations[1].candidate.architecture) == 1


def test_a_better_neighbour_takes_its_place() -> None:
    strategy, seen = LocalSearch(SPACE, ONE, [], 0, 3), history((0.1, 0.0), (0.9, 0.0), (0.5, 0.0))
    [found] = strategy.ask(seen, 1)
    after = History((*seen.observations, Observation(3, 4, found, {"quality": 0.95, "cost": 0.0})))
    assert strategy.ask(after, 1)[0].parents == [3]


def test_when_its_neighbours_are_tried_the_next_best_is_the_centre() -> None:
    strategy, seen = LocalSearch(SPACE, ONE, [], 0, 3), history((0.1, 0.0), (0.9, 0.0), (0.5, 0.0))
    near = len(list(SPACE.neighbours(seen.observations[1].candidate.architecture)))
    parents = [candidate.parents[0] for candidate in strategy.ask(seen, near + 5)]
    assert parents == sorted(parents, key=[1, 2, 0].index) and set(parents) == {1, 2}


def test_what_keeps_the_constraints_comes_first() -> None:
    seen = history((0.9, 0.9), (0.2, 0.1), (0.8, 0.7))
    assert LocalSearch(SPACE, ONE, LIMIT, 0, 3).ask(seen, 1)[0].parents == [1]


def test_all_of_the_front_are_centres() -> None:
    seen = history((0.9, 0.9), (0.2, 0.1), (0.1, 0.7))
    parents = [LocalSearch(SPACE, TWO, [], seed, 3).ask(seen, 1)[0].parents[0] for seed in range(20)]
    assert set(parents) == {0, 1}

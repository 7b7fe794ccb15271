from __future__ import annotations

from nas_search import History, Problem, Strategy
from nas_search.random_search import RandomSearch
from nas_search.testing.strategy_conformance import ONE, SPACE, StrategyConformance


class TestConformance(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return RandomSearch(problem, seed)


def test_all_networks_of_a_whole_benchmark_are_found_before_it_gives_up() -> None:
    assert SPACE.size is not None
    candidates = RandomSearch(Problem(SPACE, ONE), 0).ask(History(), SPACE.size)
    assert {c.id for c in candidates} == set(SPACE.distinct)
    assert len(candidates) == len(SPACE.distinct)

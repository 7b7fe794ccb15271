from __future__ import annotations

from collections import Counter

import pytest

from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real
from nas_search import History, Problem, Strategy
from nas_search.grid import Grid
from nas_search.testing.strategy_conformance import ONE, SPACE, StrategyConformance


class TestConformance(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return Grid(problem, seed, levels=5)


@pytest.mark.parametrize("seed", range(5))
def test_a_short_beginning_is_spread_over_all_decisions(seed: int) -> None:
    """Of 50 candidates each of 5 operations has 10 at each edge; at random one has 3 or fewer at one of 6, mostly."""
    batch = Grid(Problem(SPACE, ONE), seed, 5).ask(History(), 50)
    for edge in SPACE.edges:
        counts = Counter(candidate.architecture[edge] for candidate in batch)
        assert len(counts) == 5 and min(counts.values()) >= 6


def test_real_decisions_have_their_levels_the_ends_among_them() -> None:
    space = SearchSpace("rates", [Real("rate", 0.001, 1.0, log=True), Choice("op", ("a", "b"))])
    batch = Grid(Problem(space, ONE), 0, 4).ask(History(), 8)
    assert {candidate.architecture["rate"] for candidate in batch} == {"0.001", "0.01", "0.1", "1"}
    assert {candidate.origin for candidate in batch} == {"Grid"}
    assert {candidate.origin for candidate in Grid(Problem(space, ONE), 0, 4).ask(History(), 12)[8:]} == {"Random"}


def test_every_point_is_visited_once() -> None:
    space = SearchSpace("small", [Integer("layers", 1, 9), Choice("op", ("a", "b", "c")), Choice("act", ("x", "y"))])
    texts = {candidate.text for candidate in Grid(Problem(space, ONE), 3, 2).ask(History(), 100)}
    assert texts == {space.text(values) for values in space.enumerate()}

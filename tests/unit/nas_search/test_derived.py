from __future__ import annotations

from nas_core.history import History, Scored
from nas_search.derived import Derived
from nas_search.problem import Problem
from nas_search.random_search import RandomSearch
from nas_search.strategy import Strategy
from nas_search.testing.strategy_conformance import DERIVED, ONE, SPACE, StrategyConformance


class TestDerivedBeforeAnother(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return Derived(problem, seed, RandomSearch(problem, seed))


def test_without_another_strategy_nothing_follows() -> None:
    strategy = Derived(Problem(SPACE, ONE), 0)
    assert strategy.ask(History(), 2) == []
    assert strategy.ask(History(derived=DERIVED), 9) == [derived.candidate for derived in DERIVED]


def test_what_two_runs_have_derived_is_tried_once() -> None:
    twice = (*DERIVED, Scored(DERIVED[0].candidate, {"probability": 0.1}))
    assert len(Derived(Problem(SPACE, ONE), 0).ask(History(derived=twice), 9)) == len(DERIVED)

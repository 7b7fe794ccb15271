from __future__ import annotations

from collections import Counter
from dataclasses import replace

from nas_core.api.strategy import Constraint
from nas_core.history import History, Observation
from nas_search.derived import Derived
from nas_search.for_targets import ForTargets
from nas_search.problem import Problem
from nas_search.random_search import RandomSearch
from nas_search.replay import replay
from nas_search.strategy import Strategy
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import DERIVED, ONE, SPACE, StrategyConformance, evaluate

LIMITS = {"phone": [Constraint(metric="cost", max="0.5")], "mcu": [Constraint(metric="cost", max="0.1")]}


def for_targets(problem: Problem, seed: int) -> ForTargets:
    def within(limits: list[Constraint]) -> Strategy:
        limited = replace(problem, constraints=[*problem.constraints, *limits])
        return RandomSearch(limited, seed)

    return ForTargets(RandomSearch(problem, seed), {name: within(limits) for name, limits in LIMITS.items()})


class TestForTargets(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return for_targets(problem, seed)


def test_the_target_with_the_fewest_candidates_comes_next() -> None:
    strategy = for_targets(Problem(SPACE, ONE), 0)
    assert [one.target for one in strategy.ask(History(), 5)] == ["phone", "mcu", "phone", "mcu", "phone"]
    [first] = strategy.ask(History(), 1)
    mcu = first.model_copy(update={"target": "mcu"})
    seen = (Observation(0, 1, mcu, None), Observation(1, 2, mcu, None), Observation(2, 3, first, None))
    # One of no target, or of one that is gone, is of neither.
    others = tuple(
        Observation(k, k + 1, first.model_copy(update={"target": t}), None) for k, t in ((3, None), (4, "x"))
    )
    assert [one.target for one in strategy.ask(History((*seen, *others)), 3)] == ["phone", "phone", "mcu"]


def test_a_target_whose_strategy_has_nothing_more_keeps_none_from_going_on() -> None:
    nothing, problem = Derived(Problem(SPACE, ONE), 0), Problem(SPACE, ONE)
    strategy = ForTargets(RandomSearch(problem, 0), {"phone": nothing, "mcu": RandomSearch(problem, 0)})
    assert Counter(one.target for one in strategy.ask(History(derived=DERIVED), 6)) == {"phone": 3, "mcu": 3}
    assert {one.target for one in strategy.ask(History(), 4)} == {"mcu"}
    assert ForTargets(nothing, {"phone": nothing}).ask(History(), 1) == []


def test_decisions_are_replayed_after_targets_were_added_or_removed() -> None:
    problem = Problem(SPACE, ONE)
    record = simulate(for_targets(problem, 0), evaluate, 12, 3, 0)
    more = {"watch": RandomSearch(problem, 0), "phone": RandomSearch(problem, 0), "mcu": RandomSearch(problem, 0)}
    assert not list(replay(ForTargets(RandomSearch(problem, 0), more), record))
    assert not list(replay(ForTargets(RandomSearch(problem, 0), {"mcu": RandomSearch(problem, 0)}), record))
    assert not list(replay(RandomSearch(problem, 0), record))
    assert list(replay(ForTargets(RandomSearch(problem, 1), {"mcu": RandomSearch(problem, 1)}), record))

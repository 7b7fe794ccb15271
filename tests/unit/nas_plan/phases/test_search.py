"""How often the strategy is asked: it is what costs time in a look."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import World
from tests.support.factories import search as a_search

from nas_plan.ask import ask
from nas_plan.phases import search

ONE_AT_A_TIME = {"maxTrials": 3, "parallelTrials": 1}
TWO_ARCHITECTURES = {"decisions": [{"name": "depth", "choice": ["1", "2"]}]}


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of candidates that the strategy was asked for."""
    numbers: list[int] = []

    def counted(spec: Any, trials: Any, first_index: int, n: int, *known: Any, **rest: Any) -> Any:
        if n > 0:
            numbers.append(n)
        scores, derived, earlier = known
        return ask(spec, trials, first_index, n, scores, derived, earlier, **rest)

    monkeypatch.setattr(search, "ask", counted)
    return numbers


def step(w: World, asks: list[int]) -> list[int]:
    """Return what one look has asked for."""
    asks.clear()
    w.step()
    return list(asks)


def test_a_look_asks_once_for_all_free_slots_and_not_at_all_without_one(asks: list[int]) -> None:
    w = World(a_search(budget={"maxTrials": 5, "parallelTrials": 3}))
    assert step(w, asks) == [3]
    assert step(w, asks) == []
    w.succeed("s-00000-a1")
    assert step(w, asks) == [1]


def test_the_look_that_sees_the_only_result_asks_once(asks: list[int]) -> None:
    w = World(a_search(budget=ONE_AT_A_TIME))
    w.step()
    w.succeed("s-00000-a1")
    assert step(w, asks) == [1]


def test_a_search_that_is_over_asks_no_more(asks: list[int]) -> None:
    w = World(a_search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    w.succeed("s-00000-a1")
    assert step(w, asks) == [] and w.condition("Succeeded") == ("True", "BudgetSpent")
    assert step(w, asks) == []


def test_a_suspended_search_asks_only_whether_the_space_is_exhausted(asks: list[int]) -> None:
    w = World(a_search(budget=ONE_AT_A_TIME))
    w.step()
    w.respec(suspend=True)
    assert step(w, asks) == [], "a result is awaited"
    w.jobs.clear()
    w.respec(suspend=None)
    w.step()
    w.succeed("s-00000-a2" if "s-00000-a2" in w.jobs else "s-00000-a1")
    w.respec(suspend=True)
    assert step(w, asks) == [1] and w.condition("Suspended") == ("True", "Suspended")


def test_the_end_of_a_space_is_seen_in_the_look_that_sees_the_last_result(asks: list[int]) -> None:
    w = World(a_search(searchSpace=TWO_ARCHITECTURES, budget={"maxTrials": 9, "parallelTrials": 2}))
    w.step()
    w.succeed("s-00000-a1")
    w.step()
    w.succeed("s-00001-a1")
    assert len(step(w, asks)) <= 2
    assert w.condition("Succeeded") == ("True", "SpaceExhausted")

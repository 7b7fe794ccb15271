"""Limits that are changed while a search runs: what is on record is judged anew, and decisions go on by them."""

from __future__ import annotations

from typing import Any

from tests.support.factories import World, search
from tests.unit.nas_plan.test_decide import finish

SPACE = {"decisions": [{"name": "op", "choice": ["a", "b", "c", "d", "e", "f"]}]}


def limit(most: int) -> list[dict[str, Any]]:
    return [{"metric": "size", "max": most}]


def world(**spec: Any) -> World:
    given = {
        "searchSpace": SPACE,
        "trialTemplate": {"image": "mine:1"},
        "budget": {"maxTrials": 5, "parallelTrials": 1},
        "objectives": [{"metric": "accuracy"}],
        "strategy": {"regularizedEvolution": {"populationSize": 2, "sampleSize": 2}, "seed": 1},
    }
    w = World(search(**{**given, **spec}))
    w.step()
    return w


def result(w: World, accuracy: float, size: float) -> None:
    w.succeed(w.active()[0], accuracy, accuracy=accuracy, size=size)
    w.step()


def best(w: World) -> list[float]:
    return [one.metrics["accuracy"] for one in w.search.status.best]


def test_the_best_and_the_parents_follow_the_limits_as_they_are_now() -> None:
    w = world()
    result(w, 0.9, 90)
    result(w, 0.5, 10)
    assert best(w) == [0.9]
    w.respec(constraints=limit(50))
    before = dict(w.trials)
    w.step()
    assert best(w) == [0.5] and w.search.status.observed_generation == w.search.generation
    assert {name: one.status for name, one in w.trials.items() if one.recorded} == {
        name: one.status for name, one in before.items() if one.recorded
    }, "what is on record stays as it is"
    result(w, 0.1, 20)
    newest = w.trials["s-00003"].spec.candidates[0]
    assert 0 not in newest.parents, "what breaks a limit wins no tournament"
    w.respec(constraints=limit(100))
    w.step()
    assert best(w) == [0.9]


def test_a_search_that_has_ended_says_its_best_by_looser_limits() -> None:
    w = world(constraints=limit(50), budget={"maxTrials": 2, "parallelTrials": 1})
    result(w, 0.9, 90)
    result(w, 0.5, 10)
    finish(w)
    assert w.condition("Succeeded")[0] == "True" and best(w) == [0.5]
    w.respec(constraints=[])
    w.step()
    assert best(w) == [0.9] and w.condition("Succeeded")[0] == "True"


def test_a_limit_on_what_no_trial_has_told_leaves_none_among_the_best() -> None:
    w = world()
    result(w, 0.9, 90)
    w.respec(constraints=[{"metric": "latency", "max": 5}])
    w.step()
    assert best(w) == []


def test_the_first_of_the_front_follows_the_weights() -> None:
    def objectives(weight: str | None = None) -> list[dict[str, Any]]:
        return [{"metric": "accuracy", "weight": weight}, {"metric": "size", "goal": "minimize"}]

    w = world(objectives=objectives("10"))
    for accuracy, size in ((0.9, 90), (0.5, 10), (0.7, 30)):
        result(w, accuracy, size)
    assert best(w)[0] == 0.9
    w.respec(objectives=objectives("0.1"))
    w.step()
    assert best(w)[0] == 0.5 and sorted(best(w)) == [0.5, 0.7, 0.9]


def test_a_search_that_has_reached_its_target_goes_on_for_a_higher_one() -> None:
    w = world(objectives=[{"metric": "accuracy", "target": "0.8"}])
    result(w, 0.9, 90)
    assert w.condition("Succeeded") == ("True", "TargetReached")
    w.respec(objectives=[{"metric": "accuracy", "target": "0.95"}])
    w.step()
    assert w.condition("Succeeded")[0] == "False" and w.condition("Progressing")[0] == "True"
    while w.active():
        result(w, 0.1, 90)
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and best(w) == [0.9]

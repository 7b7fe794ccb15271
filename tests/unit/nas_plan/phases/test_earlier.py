"""The phase that puts earlier results on record; `tests.unit.nas_plan.test_earlier` plays whole searches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.factories import World, search

from nas_core.history import Earlier, Scored
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_search.strategy import candidate_of

SPACE = NasBench201()
CELL = candidate_of(SPACE, dict.fromkeys((decision.name for decision in SPACE.decisions), "skip_connect"), "Random")
FOUND = Earlier("first", tuple(Scored(CELL, {"val_accuracy": 0.5}) for _ in range(5)))
LEARNING = {"prefilter": {"predictor": {"from": {"searches": ["first"]}}}}


def world(**spec: Any) -> World:
    given: dict[str, Any] = {"searchSpace": {"name": "nas-bench-201"}, "evaluation": LEARNING, **spec}
    return World(replace(search(**given), earlier=(FOUND,)))


def test_a_search_that_is_suspended_records_nothing() -> None:
    w = world(suspend=True)
    w.step()
    assert not w.trials
    w.respec(suspend=None)
    w.search = replace(w.search, earlier=(FOUND,))
    w.step()
    assert list(w.trials) == ["s-earlier-0"]


def test_without_what_it_asks_for_it_waits() -> None:
    w = world()
    w.search = replace(w.search, earlier=())
    w.step()
    assert not w.trials


KNOWLEDGE: dict[str, Any] = {
    "evaluation": {},
    "storage": {"bucket": "nas", "secretRef": {"name": "s"}},
    "warmStart": {"knowledge": {"nearest": 3}},
}


def known(*names: str) -> tuple[Earlier, ...]:
    return tuple(replace(FOUND, source=name, distance=0.25) for name in names)


def test_until_the_knowledge_base_has_been_read_it_waits() -> None:
    w = world(**KNOWLEDGE)
    w.search = replace(w.search, earlier=())
    w.step()
    assert not w.trials
    w.search = replace(w.search, knowledge_read=True)
    w.step()
    assert "s-00000" in w.trials and w.condition("WarmStartUseful") == ("Unknown", "NoEarlierResults")
    w.search = replace(w.search, knowledge_read=False)
    w.step()
    assert w.condition("WarmStartUseful") == ("Unknown", "NoEarlierResults"), "it has begun"


def test_killed_between_two_writes_it_goes_on_with_what_is_on_record() -> None:
    w = world(**KNOWLEDGE)
    w.search = replace(w.search, earlier=known("a", "b", "c"), knowledge_read=True)
    w.step(writes=1)
    # As it is after a restart: another entry is nearer by now.
    w.search = replace(w.search, earlier=(), knowledge_read=False)
    w.step()
    assert list(w.trials) == ["s-earlier-0"], "two more may be taken"
    w.search = replace(w.search, earlier=known("new", "b"), knowledge_read=True)
    w.step()
    assert [w.trials[f"s-earlier-{place}"].spec.source for place in range(3)] == ["a", "new", "b"]
    assert {trial.spec.distance for trial in w.trials.values()} == {"0.2500"}
    w.search = replace(w.search, earlier=(), knowledge_read=False)
    w.step()
    assert "s-00000" in w.trials
    assert w.condition_message("WarmStartUseful").startswith("a (distance 0.25): 0 results so far")


def test_searches_that_are_named_have_the_first_places() -> None:
    w = world(**KNOWLEDGE | {"warmStart": {"searches": ["first"], "knowledge": {"nearest": 1}}})
    w.search = replace(w.search, earlier=known("a"), knowledge_read=True)
    w.step()
    assert {name: trial.spec.source for name, trial in w.trials.items()} == {"s-earlier-1": "a"}
    w.search = replace(w.search, earlier=(FOUND,))
    w.step()
    assert w.trials["s-earlier-0"].spec.source == "first"

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

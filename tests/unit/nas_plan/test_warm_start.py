"""A search that begins with the best of earlier ones: what is taken of them, and what people are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, search
from tests.unit.nas_plan.test_earlier import SPEC, UNUSABLE, check_told, first, run, trained

from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_plan.earlier import Source, unread
from nas_plan.replay import Record
from nas_plan.resolve import resolve
from nas_plan.warm_start_usefulness import warm_start_usefulness
from nas_search.predictors.held_out import HeldOut
from nas_search.predictors.worth import Foreseen

WARM = {"warmStart": {"searches": ["first"]}}
RATE: dict[str, Any] = {"name": "learningRate", "real": {"min": "0.1", "max": "0.2"}}


def read(sources: Mapping[str, Source], **spec: Any) -> SearchView:
    return resolve(search(**{**SPEC, **WARM, **spec}), None, earlier=sources)


def world(sources: Mapping[str, Source], **spec: Any) -> World:
    found = read(sources, **spec)
    assert isinstance(found, ReadableSearch), found
    return World(found)


@pytest.mark.parametrize(
    ("source", "reason", "words"),
    [
        *UNUSABLE,
        (
            (first(), trained(4)),
            "EarlierResultsUnusable",
            "has 4 results with a value of every objective and decisions",
        ),
    ],
)
def test_what_cannot_be_used_is_told(source: Source, reason: str, words: str) -> None:
    check_told(read({"first": source}), "warmStart", reason, words)


def test_it_does_not_begin_with_itself() -> None:
    found = read({"s": (first(), trained(9))}, warmStart={"searches": ["s"]})
    assert isinstance(found, UnreadableSearch) and "is this search itself" in found.error


def test_candidates_of_another_space_are_taken_by_the_names_of_their_decisions() -> None:
    """What this space does not have is left out, and so is an architecture that it does not have."""
    there: dict[str, Any] = {"decisions": [{"name": "op", "choice": ["conv", "pool"]}, RATE]}
    here: dict[str, Any] = {"decisions": [{"name": "op", "choice": ["conv", "skip"]}]}
    trials = []
    for place, one in enumerate(trained(12)):
        [candidate] = one.spec.candidates
        op = "conv" if place % 2 else "pool"
        other = candidate.model_copy(update={"id": str(place), "architecture": {"op": op, "learningRate": "0.1"}})
        trials.append(replace(one, spec=one.spec.model_copy(update={"candidates": [other]})))
    few = read({"first": (first(searchSpace=there), trials)}, searchSpace=here)
    # Of six that are the same here the last counts.
    assert isinstance(few, UnreadableSearch) and "has 1 results" in few.error
    wider = {"decisions": [*here["decisions"], RATE]}
    assert isinstance(none := read({"first": (first(), trained(9))}, searchSpace=wider), UnreadableSearch)
    assert "has 0 results" in none.error


def test_what_was_searched_beside_the_architecture_may_be_fixed_here() -> None:
    trials = [
        replace(
            one,
            spec=one.spec.model_copy(
                update={
                    "candidates": [
                        one.spec.candidates[0].model_copy(update={"hyperparameters": {"learningRate": "0.15"}})
                    ]
                }
            ),
        )
        for one in trained(20)
    ]
    found = read({"first": (first(hyperparameters=[RATE]), trials)})
    assert isinstance(found, ReadableSearch)
    assert all(not one.candidate.hyperparameters for one in found.earlier[0].results)


def test_the_best_come_first_and_say_where_they_are_from() -> None:
    trials = trained(40)
    w = world({"first": (first(), trials)})
    w.step()
    w.search = replace(w.search, earlier=())
    assert unread(w.search, list(w.trials.values())) == [], "they are on record: the first search may be deleted"
    run(w)
    chosen = [w.trials[f"s-{index:05d}"].spec.candidates[0] for index in range(12)]
    assert [one.origin for one in chosen[:5]] == ["WarmStart", "Random", "WarmStart", "Random", "WarmStart"]
    assert sum(one.origin == "WarmStart" for one in chosen) == 5
    best = sorted(trials, key=lambda one: -one.status.metrics["val_accuracy"])
    assert chosen[0].source == f"first/{best[0].spec.index}" and chosen[0].id == best[0].spec.candidates[0].id
    assert w.condition("WarmStartUseful") == ("True", "EarlierResultsAgree")
    message = w.condition_message("WarmStartUseful")
    assert message.startswith("first: Kendall's tau 0.") and message.endswith("with 12 results, used")
    record = Record.of(w.search, list(w.trials.values()))
    assert list(record.ask_again(range(12))) == [None] * 12


def test_a_search_says_when_it_has_dropped_them() -> None:
    w = world({"first": (first(), trained(60, better=-1))}, strategy={"bayesian": {}})
    events = []
    for _ in range(60):
        events += [event.reason for event in w.step().events]
        for job in w.active():
            [candidate] = w.trials[w.jobs[job].trial].spec.candidates
            w.succeed(job, sum(op.startswith("nor") for op in candidate.architecture.values()) / 10)
    assert w.condition("WarmStartUseful") == ("False", "EarlierResultsContradicted")
    assert w.condition_message("WarmStartUseful").endswith(", dropped")
    assert events.count("EarlierResultsContradicted") == 1
    record = Record.of(w.search, list(w.trials.values()))
    assert list(record.ask_again(range(12))) == [None] * 12
    assert list(replace(record, earlier=()).ask_again(range(6, 12))) == [None] * 6, "nothing depends on them any more"


@pytest.mark.parametrize(
    ("found", "holds", "says"),
    [
        ([Foreseen("a", HeldOut(0, None, None, 1.0), False)], "Unknown", "a: 0 results so far, used"),
        ([Foreseen("a", HeldOut(6, None, None, 1.0), False)], "Unknown", "a: 6 results, which are all alike, used"),
        ([Foreseen("a", HeldOut(3, 0.3, None, 1.0), False)], "Unknown", "tau 0.30 of what it foresaw with 3 results"),
        ([Foreseen("a", HeldOut(8, 0.3, (-0.3, 0.7), 1.0), False)], "Unknown", "0.30 (95 % interval -0.30 to 0.70)"),
        ([Foreseen("a", HeldOut(8, 0.9, (0.6, 1.0), 1.0), False)], "True", "with 8 results, used"),
        ([Foreseen("a", HeldOut(8, 0.9, (0.6, 1.0), 1.0), True)], "False", "with 8 results, dropped"),
        (
            [
                Foreseen("a", HeldOut(8, -0.9, (-1, -0.6), 1.0), True),
                Foreseen("b", HeldOut(8, 0.9, (0.6, 1), 1), False),
            ],
            "True",
            "dropped; b: Kendall's",
        ),
    ],
)
def test_only_what_is_known_is_said(found: list[Foreseen], holds: str, says: str) -> None:
    told = warm_start_usefulness(found)
    assert told.holds == holds and says in told.message

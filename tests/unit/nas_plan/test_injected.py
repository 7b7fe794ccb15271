"""Candidates of other searches that are to be tried: which can be had, when they are tried, and what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, search
from tests.unit.nas_plan.test_earlier import SPEC, first, trained

from nas_core.api.guidance import Injection
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_plan.earlier import Source
from nas_plan.guidance import guidance_fault
from nas_plan.injected import untried
from nas_plan.replay import Record
from nas_plan.resolve import resolve

TRIALS = trained(9)
OPEN: Source = (first(ended=False), TRIALS)
"""A search that still runs."""


def asking(*candidates: int, **spec: Any) -> ReadableSearch:
    asked = [{"search": "first", "candidate": index} for index in candidates]
    return search(**{**SPEC, "guidance": {"injectFrom": asked}, **spec})


def read(wanted: SearchView, source: Source, trials: Sequence[TrialView] = ()) -> ReadableSearch:
    """Resolve a search as those who gather do."""
    found = resolve(wanted, None, injections=[(one, source) for one in untried(wanted, trials)])
    assert isinstance(found, ReadableSearch)
    return found


def look(w: World, source: Source) -> None:
    w.search = read(w.search, source, list(w.trials.values()))
    w.step()


def test_they_are_tried_next_and_say_where_they_are_from() -> None:
    w = World(search(**SPEC))
    w.step()
    w.respec(guidance={"injectFrom": [{"search": "first", "candidate": 3}, {"search": "first", "candidate": 5}]})
    for _ in range(5):
        for job in w.active():
            w.succeed(job, 0.5)
        look(w, OPEN)
    chosen = [w.trials[f"s-{index:05d}"].spec for index in range(4)]
    assert [one.candidates[0].origin for one in chosen] == ["Random", "Injected", "Injected", "Random"]
    for spec, index in zip(chosen[1:], (3, 5), strict=False):
        [candidate], [there] = spec.candidates, TRIALS[index].spec.candidates
        assert candidate.source == f"first/{index}" and spec.guidance is not None
        assert (candidate.id, candidate.text, candidate.parents) == (there.id, there.text, [])
    assert list(Record.of(w.search, list(w.trials.values())).ask_again(range(4))) == [None] * 4
    assert untried(w.search, list(w.trials.values())) == [], "they are on record: the other search may be deleted"


def test_killed_between_two_writes_each_is_tried_once() -> None:
    w = World(asking(3, 5, budget={"maxTrials": 4, "parallelTrials": 3}))
    w.search = read(w.search, OPEN)
    w.step(writes=1)
    assert [one.candidate for one in untried(w.search, list(w.trials.values()))] == [5]
    look(w, OPEN)
    sources = [one.spec.candidates[0].source for one in w.trials.values()]
    assert sources == ["first/3", "first/5", None]


def test_what_was_tried_is_not_tried_again() -> None:
    w = World(asking(3))
    [same] = TRIALS[3].spec.candidates
    w.respec(guidance={"inject": [same.text], "injectFrom": [{"search": "first", "candidate": 3}]})
    look(w, OPEN)
    w.succeed("s-00000-a1", 0.5)
    look(w, OPEN)
    assert [one.spec.candidates[0].origin for one in w.trials.values()] == ["Injected", "Random"]


FAULTS: list[tuple[Source, str]] = [
    ((None, ()), "there is no NASSearch 'first' in this namespace; correct the name, or remove the entry"),
    ((first().unreadable("spec.task: odd"), ()), "NASSearch 'first' cannot be read: spec.task: odd"),
    ((first(), TRIALS[:2]), "NASSearch 'first' has no candidate 3; name an index that nasctl trials first shows"),
    (
        (first(), [replace(one, meta=replace(one.meta, owner_uid="uid-older")) for one in TRIALS]),
        "has no candidate 3",
    ),
]


@pytest.mark.parametrize(("source", "words"), FAULTS)
def test_what_cannot_be_had_is_told_and_nothing_is_lost(source: Source, words: str) -> None:
    w = World(search(**SPEC))
    w.step()
    w.search = read(asking(3), source, list(w.trials.values()))
    w.succeed("s-00000-a1", 0.5)
    w.step()
    assert w.trials["s-00000"].recorded and len(w.trials) == 1
    assert w.condition("Accepted") == ("False", "GuidanceImpossible")
    assert w.condition_message("Accepted").startswith("spec.guidance.injectFrom: ")
    assert words in w.condition_message("Accepted")
    look(w, OPEN)
    assert w.condition("Accepted")[0] == "True"
    assert w.trials["s-00001"].spec.candidates[0].source == "first/3"


def test_what_is_not_of_this_space_or_is_forbidden_is_told() -> None:
    found = read(asking(3, searchSpace={"decisions": [{"name": "op", "choice": ["a", "b"]}]}), OPEN)
    assert found.injection_fault == (
        "spec.guidance.injectFrom: first/3 is no architecture of this search's space: it has no op; remove the entry"
    )
    [candidate] = TRIALS[3].spec.candidates
    name, value = next(iter(candidate.architecture.items()))
    rule = {"decisions": [{"name": name, "forbid": [value]}], "injectFrom": [{"search": "first", "candidate": 3}]}
    assert guidance_fault(read(asking(guidance=rule), OPEN)) == (
        f"spec.guidance.injectFrom: of first/3, {name}={value} is not among what spec.guidance.decisions leave; "
        "change either"
    )


def test_hyperparameters_are_those_of_the_candidate() -> None:
    rate: dict[str, Any] = {"name": "learningRate", "real": {"min": "0.1", "max": "0.2"}}
    [candidate] = TRIALS[3].spec.candidates
    other = candidate.model_copy(update={"hyperparameters": {"learningRate": "0.15"}})
    trial = replace(TRIALS[3], spec=TRIALS[3].spec.model_copy(update={"candidates": [other]}))
    [found] = read(asking(3, hyperparameters=[rate]), (first(), [trial])).injected
    assert found.hyperparameters == {"learningRate": "0.15"}
    assert "it has no hp.learningRate" in (read(asking(3, hyperparameters=[rate]), OPEN).injection_fault or "")


def test_they_are_said_as_their_source() -> None:
    assert str(Injection(search="first", candidate=3)) == "first/3"

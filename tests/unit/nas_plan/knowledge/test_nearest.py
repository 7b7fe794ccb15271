"""Which entries a search begins with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import DATASET, START, meta, search
from tests.unit.nas_plan.test_earlier import SPEC, first, trained

from nas_core.api.base import Condition
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.history import Earlier, Scored
from nas_core.records.knowledge import Entry, EntryInvalid, read_entry, write_entry
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.earlier import as_trial
from nas_plan.knowledge.entry import entry_of
from nas_plan.knowledge.features import features_of
from nas_plan.knowledge.nearest import NearestEntries, still_wanted, taken_before

SUCCEEDED = Condition(type="Succeeded", status="True", reason="Completed", last_transition_time=START)
STORAGE = {"bucket": "nas", "secretRef": {"name": "s"}}
OWN = {"dataset": {"uri": "s3://nas/images/"}}
CONTENT = entry_of(first(), trained(20), START) or b""
FEATURES = features_of(DATASET)


def asking(nearest: int = 3, **spec: Any) -> ReadableSearch:
    return search(**{**SPEC, "storage": STORAGE, "warmStart": {"knowledge": {"nearest": nearest}}, **spec})


def prepared(of: ReadableSearch) -> TrialView:
    spec = NASTrialSpec(index=0, basis=0, work=Work.PREPARE, seed=1)
    status = NASTrialStatus(conditions=[SUCCEEDED], sequence=1, dataset=DATASET)
    return TrialView(meta("s-prepare", "uid-s"), spec, status, asked=of.asked)


def kept(source: str, of: ReadableSearch, place: int = 0) -> TrialView:
    spec = as_trial(Earlier(source, (Scored(trained(1)[0].spec.candidates[0], {"val_accuracy": 0.5}),)), place)
    return TrialView(meta(f"s-earlier-{place}", "uid-s"), spec, NASTrialStatus(), asked=of.asked)


def entry(name: str, **changes: Any) -> bytes:
    given = read_entry(CONTENT).model_dump() | {"search": name, "uid": f"uid-{name}"} | changes
    return write_entry(Entry.model_validate(given))


def found(of: ReadableSearch, *entries: bytes, trials: tuple[TrialView, ...] = ()) -> list[str]:
    nearest = NearestEntries(of, trials)
    for content in entries:
        nearest.take(content)
    return [one.source for one in nearest.found()]


def shifted(by: float) -> dict[str, float]:
    return FEATURES | {"examples": FEATURES["examples"] + by}


def test_those_of_the_nearest_data_come_first() -> None:
    of = asking(nearest=3, task=OWN)
    given = [
        entry("plain"),
        entry("far", features=shifted(0.3)),
        entry("near", features=shifted(0.01)),
        entry("same", features=FEATURES),
    ]
    data = (prepared(of),)
    assert found(of, *given, trials=data) == ["same", "near", "far"]
    assert found(of, *given[:2], trials=data) == ["far", "plain"], "what is not described comes last"
    nearest = NearestEntries(of, data)
    for content in given:
        nearest.take(content)
    assert [one.distance for one in nearest.found()] == [
        0.0,
        pytest.approx(0.01 / len(FEATURES)),
        pytest.approx(0.3 / len(FEATURES)),
    ]


def test_without_numbers_of_its_own_the_newest_come_first() -> None:
    given = [entry(name, features=shifted(by)) for name, by in (("newest", 0.2), ("older", 0.0), ("oldest", 0.1))]
    assert found(asking(nearest=2), *given) == ["newest", "older"]


def test_of_searches_of_one_name_the_newest_counts_and_no_search_is_its_own_teacher() -> None:
    of = asking()
    assert found(of, entry("a"), entry("a", uid="other"), entry("s", uid="uid-s"), entry("s", uid="former")) == [
        "a", "s"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "text-classification"},
        {"evaluation": "benchmark"},
        {"objectives": [{"metric": "val_loss", "goal": "minimize"}]},
        {"objectives": [{"metric": "val_accuracy", "goal": "minimize"}]},
        {"results": [{"index": 0, "values": {"depth": "3"}, "metrics": {"val_accuracy": 0.5}}] * 9},
        {"results": read_entry(CONTENT).model_dump()["results"][:4]},
    ],
)
def test_what_does_not_fit_is_left_out(changes: dict[str, Any]) -> None:
    assert found(asking(), entry("a", **changes), entry("b")) == ["b"]


def test_an_objective_more_in_the_entry_does_no_harm() -> None:
    both = [{"metric": "val_accuracy", "goal": "maximize"}, {"metric": "parameters", "goal": "minimize"}]
    assert found(asking(), entry("a", objectives=both)) == ["a"]


def test_what_is_no_entry_is_refused_and_the_others_count() -> None:
    nearest = NearestEntries(asking(), ())
    with pytest.raises(EntryInvalid):
        nearest.take(b"{}")
    nearest.take(entry("a"))
    assert [one.source for one in nearest.found()] == ["a"]


def test_results_are_copied_as_of_a_search_that_is_named() -> None:
    nearest = NearestEntries(asking(), ())
    nearest.take(CONTENT)
    [earlier] = nearest.found()
    distinct = {one.spec.candidates[0].id for one in trained(20)}
    assert {one.candidate.id for one in earlier.results} == distinct
    assert all(one.candidate.source and one.candidate.source.startswith("first/") for one in earlier.results)


def test_it_is_asked_for_until_the_search_begins_or_has_enough() -> None:
    of = asking(nearest=2)
    assert still_wanted(of, ()) == 2
    assert still_wanted(of, (kept("a", of),)) == 1 and taken_before(of, (kept("a", of),)) == ["a"]
    assert still_wanted(of, (kept("a", of), kept("b", of, 1))) == 0
    assert still_wanted(of, (replace(kept("a", of), asked="a former spec"),)) == 2
    assert still_wanted(replace(of, status=NASSearchStatus(first_trial_time=START)), ()) == 0
    assert still_wanted(search(**SPEC), ()) == 0 == still_wanted(of.unreadable("odd"), ())
    named = asking(nearest=2, warmStart={"searches": ["a"], "knowledge": {"nearest": 2}})
    assert still_wanted(named, (kept("a", named),)) == 2, "one that is named is none of these"
    assert found(named, entry("a"), entry("b")) == ["b"]


def test_the_data_are_prepared_first() -> None:
    of = asking(task=OWN)
    assert still_wanted(of, ()) == 0 and still_wanted(of, (prepared(of),)) == 3

"""The shared weights of another search: which can be used, and what is said of those that cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import DATASET, START, World, resolved, search

from nas_core.api.guidance import HeldGuidance
from nas_core.api.search_status import NASSearchStatus, SupernetStatus
from nas_core.api.space import SearchSpaceSpec
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_plan.replay import Record
from nas_plan.resolve import resolve

ADDRESS = "s3://nas/ns/first/uid-first/trials/first-supernet/checkpoints/w.safetensors"
SHARED = SupernetStatus(search="first", trial="first-supernet", address=ADDRESS, training="fair")
SPEC: dict[str, Any] = {
    "searchSpace": {"name": "nas-bench-201"},
    "storage": {"bucket": "nas", "secretRef": {"name": "s"}},
    "budget": {"maxTrials": 4, "parallelTrials": 2},
}
FROM = {"evaluation": {"supernet": {"from": {"search": "first"}}, "candidatesPerTrial": 1}}


def first(shared: SupernetStatus | None = SHARED, **spec: Any) -> ReadableSearch:
    """Return a search that has trained a supernet."""
    status = NASSearchStatus(supernet=shared, first_trial_time=START)
    return search(status, **{**SPEC, "evaluation": {"supernet": {"training": "fair"}}, **spec})


def second(**spec: Any) -> ReadableSearch:
    return search(**{**SPEC, **FROM, **spec})


def refusal(found: SearchView) -> tuple[str, str]:
    assert isinstance(found, UnreadableSearch)
    return found.reason, found.error


def test_they_are_taken_over_and_no_supernet_is_trained() -> None:
    w = World(resolved(second()))
    w.search = resolve(second(), None, None, first())  # type: ignore[assignment]
    actions = w.step()
    assert {t.spec.work for t in w.trials.values()} == {"Train"} and actions.stored.supernet == ADDRESS
    assert w.search.status.supernet == SHARED
    # The other search is gone, and the address is on record.
    again = resolve(replace(second(), status=w.search.status), None)
    assert isinstance(again, ReadableSearch) and again.supernet == SHARED
    assert list(Record.of(again, list(w.trials.values())).ask_again(range(2))) == [None] * 2


def test_those_that_were_trained_under_guidance_are_for_what_keeps_it() -> None:
    held = HeldGuidance.model_validate({"generation": 1, "decisions": [{"name": "*", "forbid": ["none"]}]})
    masked = first(SHARED.model_copy(update={"guidance": held}))
    w = World(resolved(second()))
    w.search = resolve(second(), None, None, masked)  # type: ignore[assignment]
    w.step()
    assert not w.trials and w.condition("Accepted") == ("False", "GuidanceImpossible")
    kept = second(guidance={"decisions": held.to_dict()["decisions"]})
    w.search = resolve(kept, None, None, masked)  # type: ignore[assignment]
    w.step()
    assert len(w.trials) == 2 and w.search.status.supernet == masked.status.supernet


@pytest.mark.parametrize(
    ("other", "reason", "words"),
    [
        (None, "SupernetNotFound", "there is no NASSearch 'first' in this namespace"),
        (first(None), "SupernetNotFound", "has trained no supernet yet; this search begins when it has"),
        (first().unreadable("spec.task: odd"), "SupernetUnusable", "cannot be read: spec.task: odd"),
        (first(evaluation={}), "SupernetUnusable", "has no evaluation.supernet"),
        (
            first(storage={"bucket": "other", "secretRef": {"name": "s"}}),
            "SupernetUnusable",
            "in another bucket; give both",
        ),
        (
            first(SHARED.model_copy(update={"address": "s3://secret/w.safetensors"})),
            "SupernetUnusable",
            "in another bucket",
        ),
        (first(searchSpace={"name": "nas-bench-101"}), "SupernetUnusable", "of another space; name the same"),
        (
            first(task={"dataset": {"name": "digits", "validationFraction": "0.3"}}),
            "SupernetUnusable",
            "of other data; give both searches the same spec.task",
        ),
        (first(strategy={"random": {}, "seed": 7}), "SupernetUnusable", "spec.strategy.seed; set it to 7"),
    ],
)
def test_what_cannot_be_used_is_said_with_what_to_do(other: SearchView | None, reason: str, words: str) -> None:
    found, message = refusal(resolve(second(), None, None, other))
    assert found == reason and words in message and message.startswith("spec.evaluation.supernet.from.search: ")


def test_data_that_have_changed_since_are_other_data() -> None:
    old = first(SHARED.model_copy(update={"dataset_hash": "sha256:0ld"}))
    assert "they were sha256:0ld then" in refusal(resolve(second(), None, DATASET, old))[1]
    same = first(SHARED.model_copy(update={"dataset_hash": DATASET.hash}))
    assert isinstance(resolve(second(), None, DATASET, same), ReadableSearch)


def test_a_shared_space_is_compared_by_what_it_was() -> None:
    status = NASSearchStatus(
        supernet=SHARED, first_trial_time=START, search_space=SearchSpaceSpec(name="nas-bench-201")
    )
    other = search(
        status, **{**SPEC, "searchSpace": {"ref": {"name": "team"}}, "evaluation": {"supernet": {"training": "fair"}}}
    )
    assert isinstance(resolve(second(), None, None, other), ReadableSearch)


def test_one_that_is_being_deleted_is_as_good_as_gone() -> None:
    other = first()
    other = replace(other, meta=replace(other.meta, deleted_at=START))
    assert refusal(resolve(second(), None, None, other))[0] == "SupernetNotFound"


def test_the_condition_of_such_a_search_says_why() -> None:
    w = World(second())
    w.search = resolve(second(), None)  # type: ignore[assignment]
    actions = w.step()
    assert w.condition("Accepted") == ("False", "SupernetNotFound") and not w.trials
    assert [event.reason for event in actions.events] == ["SupernetNotFound"]

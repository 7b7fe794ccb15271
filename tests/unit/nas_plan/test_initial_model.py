"""The model that networks start from: which can be used, and what is said of those that cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import START, World, search, stamp
from tests.support.models import STORAGE, Json, model

from nas_core.api.search_status import InitialModel
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_plan.resolve import resolve

ADDRESS = "s3://nas/team/ns/models/digits/1-uid-digits/0a1b/"
HASH = "a" * 64
STATUS: Json = {
    "address": ADDRESS,
    "storage": STORAGE,
    "conditions": [{"type": "Ready", "status": "True", "reason": "Exported", "lastTransitionTime": stamp(START)}],
    "artifacts": [{"path": "bundle.json", "sha256": HASH, "bytes": 3}],
}
TAKEN = InitialModel(model="digits", address=ADDRESS, sha256=HASH)


def ready(**status: Any) -> ModelView:
    return model("digits", STATUS | status)


def second(freeze: bool = True, **spec: Any) -> ReadableSearch:
    evaluation = {"epochs": 1, "initFrom": {"model": "digits", "freeze": freeze}}
    return search(**{"storage": STORAGE, "evaluation": evaluation, **spec})


def resolved(given: SearchView, found: ModelView | None) -> SearchView:
    return resolve(given, None, model=found)


@pytest.mark.parametrize("freeze", [False, True])
def test_its_address_and_hash_take_the_place_of_its_name(freeze: bool) -> None:
    found = resolved(second(freeze), ready())
    assert isinstance(found, ReadableSearch) and found.initial_model == TAKEN
    given = found.spec.evaluation.init_from
    assert given is not None and (given.uri, given.sha256, given.freeze) == (ADDRESS, HASH, freeze)


def test_it_is_on_record_before_the_first_trial_so_that_the_model_may_go() -> None:
    w = World(second())
    w.search = resolved(second(), ready())  # type: ignore[assignment]
    w.step()
    assert w.trials and w.search.status.initial_model == TAKEN
    again = resolved(replace(second(), status=w.search.status), None)
    assert isinstance(again, ReadableSearch) and again.initial_model == TAKEN
    assert again.spec.evaluation.init_from and again.spec.evaluation.init_from.uri == ADDRESS
    made_again = ready(address=ADDRESS.replace("0a1b", "9999"))
    assert resolved(replace(second(), status=w.search.status), made_again).initial_model == TAKEN  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("found", "reason", "words"),
    [
        (None, "InitialModelNotFound", "there is no NASModel 'digits' in this namespace; correct the name, or give"),
        (ready(conditions=[]), "InitialModelNotFound", "is not ready yet; this search begins when it is"),
        (ready(storage=STORAGE | {"bucket": "other"}), "InitialModelUnusable", "is in another bucket"),
        (ready(storage=STORAGE | {"endpoint": "http://elsewhere"}), "InitialModelUnusable", "is in another bucket"),
        (ready(address="s3://nas/team/other/models/digits/1/"), "InitialModelUnusable", "is not where its files are"),
        (ready(address=f"{ADDRESS}../../x/"), "InitialModelUnusable", "is not where its files are"),
        (ready(artifacts=[]), "InitialModelUnusable", "has no bundle.json among its artifacts"),
    ],
)
def test_what_cannot_be_used_is_said_with_what_to_do(found: ModelView | None, reason: str, words: str) -> None:
    refused = resolved(second(), found)
    assert isinstance(refused, UnreadableSearch) and refused.reason == reason
    assert refused.error.startswith("spec.evaluation.initFrom.model: ") and words in refused.error


def test_the_condition_of_such_a_search_says_why() -> None:
    w = World(second())
    w.search = resolved(second(), None)  # type: ignore[assignment]
    actions = w.step()
    assert w.condition("Accepted") == ("False", "InitialModelNotFound") and not w.trials
    assert [event.reason for event in actions.events] == ["InitialModelNotFound"]

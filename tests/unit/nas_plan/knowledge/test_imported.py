"""Results of other tools that a search names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import START, search
from tests.unit.nas_plan.knowledge.test_nearest import OWN, STORAGE, entry, kept, prepared
from tests.unit.nas_plan.test_earlier import SPEC

from nas_core.api.search_status import NASSearchStatus
from nas_core.history import Earlier
from nas_core.records.knowledge import read_entry
from nas_core.records.search import ReadableSearch
from nas_plan.knowledge.imported import imported, imports_unread
from nas_plan.knowledge.nearest import NearestEntries, still_wanted, taken_before
from nas_plan.shared_weights import Refusal


def naming(*names: str, **spec: Any) -> ReadableSearch:
    return search(**{**SPEC, "storage": STORAGE, "warmStart": {"imported": list(names)}, **spec})


def test_they_are_read_until_they_are_on_record_or_the_search_begins() -> None:
    of = naming("a", "b")
    assert imports_unread(of, ()) == ["a", "b"]
    assert imports_unread(of, (kept("a", of),)) == ["b"]
    begun = replace(of, status=NASSearchStatus(first_trial_time=START))
    assert imports_unread(begun, ()) == [] == imports_unread(of.unreadable("odd"), ())
    assert imports_unread(search(**SPEC), ()) == []
    own = naming("a", task=OWN)
    assert imports_unread(own, ()) == [] and imports_unread(own, (prepared(own),)) == ["a"]


def test_they_are_none_of_the_nearest_searches() -> None:
    of = naming(warmStart={"imported": ["a"], "knowledge": {"nearest": 2}})
    assert still_wanted(of, (kept("a", of),)) == 2 and taken_before(of, (kept("a", of),)) == []
    nearest = NearestEntries(of, ())
    nearest.take(entry("a"))
    assert nearest.found() == (), "of one name there is one source"


def test_results_are_copied_however_they_were_evaluated() -> None:
    found = imported(naming("mine"), "mine", entry("another-name", evaluation="benchmark", task="text-classification"))
    assert isinstance(found, Earlier) and found.source == "mine" and found.distance is None
    assert all((one.candidate.source or "").startswith("mine/") for one in found.results)


@pytest.mark.parametrize(
    ("content", "reason", "why"),
    [
        (None, "EarlierResultsNotFound", "nothing was imported as 'mine' into this bucket"),
        (b"{}", "EarlierResultsUnusable", "'mine' cannot be read"),
        (b"[" * 100_000, "EarlierResultsUnusable", "import it again"),
        (
            entry("mine", objectives=[{"metric": "val_accuracy", "goal": "minimize"}]),
            "EarlierResultsUnusable",
            "'mine' was not to maximize val_accuracy",
        ),
        (
            entry("mine", results=read_entry(entry("a")).model_dump()["results"][:4]),
            "EarlierResultsUnusable",
            "'mine' has 4 results with a value of every objective and decisions of this space",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(content: bytes | None, reason: str, why: str) -> None:
    found = imported(naming("mine"), "mine", content)
    assert isinstance(found, Refusal) and found.reason == reason
    assert found.message.startswith("spec.warmStart.imported: ") and why in found.message

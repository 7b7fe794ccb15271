"""What people get wrong is told before any trial; what the API server says of it is in tests/integration."""

from __future__ import annotations

import pytest
from tests.support.factories import raw_search
from tests.support.wrong_manifests import WRONG

from nas_core.records.search import UnreadableSearch, read_search
from nas_plan.resolve import resolve


def test_nearly_all_of_many_are_refused_when_they_are_applied() -> None:
    places = [place for place, *_ in WRONG.values()]
    assert len(places) >= 101 and places.count("apply") / len(places) >= 0.98


@pytest.mark.parametrize("case", [name for name, (place, *_) in WRONG.items() if place == "look"])
def test_what_the_api_server_cannot_know_is_told_at_the_first_look(case: str) -> None:
    _, field, spec = WRONG[case]
    found = resolve(read_search(raw_search(**spec)), None)
    assert isinstance(found, UnreadableSearch) and field in found.error

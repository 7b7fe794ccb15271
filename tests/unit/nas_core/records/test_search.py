from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import START, raw_search

from nas_core.records.search import ReadableSearch, UnreadableSearch, read_search


def test_a_search() -> None:
    found = read_search(raw_search({"trials": {"total": 3}}, {"finalizers": ["x"], "generation": 4}, suspend=True))
    assert (found.generation, found.finalizers, found.created) == (4, ("x",), START)
    assert isinstance(found, ReadableSearch) and found.spec.suspend and found.status.trials.total == 3


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"budget": {"maxTrials": "many"}}, "spec.budget.maxTrials: Input should be a valid integer"),
        ({"budget": {"maxTrials": 0}}, "greater than or equal to 1, not 0"),
        ({"objectives": [{"goal": "maximize"}]}, "spec.objectives.0.metric: Field required"),
        ({"searchSpace": {"name": "darts"}}, "spec.searchSpace.name: Input should be '"),
    ],
)
def test_a_spec_that_cannot_be_read_says_which_field_and_value(spec: dict[str, Any], words: str) -> None:
    found = read_search(raw_search(**spec))
    assert isinstance(found, UnreadableSearch)
    assert words in found.error and "pydantic" not in found.error and "\n" not in found.error

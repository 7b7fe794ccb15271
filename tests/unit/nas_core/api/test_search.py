"""What the API server denies in a search, the models deny without one, with the words of its rule."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.denied_searches import ACCEPTED_SEARCHES, DENIED_SEARCHES

from nas_core.api.search import NASSearchSpec


def read(spec: dict[str, Any]) -> NASSearchSpec:
    return NASSearchSpec.model_validate({"task": {"dataset": {"name": "digits"}}} | spec)


@pytest.mark.parametrize("case", DENIED_SEARCHES)
def test_a_search_that_would_not_do_what_is_meant(case: str) -> None:
    spec, words = DENIED_SEARCHES[case]
    with pytest.raises(ValidationError) as denied:
        read(spec)
    assert [word for word in words if word not in str(denied.value)] == []


@pytest.mark.parametrize("case", ACCEPTED_SEARCHES)
def test_a_search_that_is_fine(case: str) -> None:
    read(ACCEPTED_SEARCHES[case])

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


@pytest.mark.parametrize(
    ("storage", "template", "secret"),
    [
        ({}, None, "nas-storage"),
        ({}, {}, "nas-storage"),
        ({"secretRef": {"name": "mine"}}, {"serviceAccountName": "trainer"}, "mine"),
        ({}, {"serviceAccountName": "trainer"}, None),
    ],
)
def test_the_usual_secret_is_meant_where_neither_one_nor_an_account_is_named(
    storage: dict[str, Any], template: dict[str, Any] | None, secret: str | None
) -> None:
    given = {"task": {"dataset": {"name": "digits"}}, "storage": {"bucket": "nas"} | storage}
    read = NASSearchSpec.model_validate(given | ({"trialTemplate": template} if template is not None else {}))
    assert read.storage
    assert (read.storage.secret_ref.name if read.storage.secret_ref else None) == secret
    # The same again, as what is written down is read.
    assert NASSearchSpec.model_validate(read.to_dict()) == read

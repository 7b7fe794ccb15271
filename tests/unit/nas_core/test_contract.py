from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from nas_core.contract import Identity, TrialResult


def test_a_foreign_trainers_smallest_result_is_read() -> None:
    result = TrialResult.model_validate_json('{"outcome": "Succeeded", "metrics": {"val_accuracy": 0.5}}')
    assert result.metrics == {"val_accuracy": 0.5}


def test_what_a_later_version_adds_is_ignored() -> None:
    assert TrialResult.model_validate_json('{"outcome": "Failed", "novelty": 1}').outcome == "Failed"


@pytest.mark.parametrize(
    "curve",
    ['"steep"', '{"epochs": [2, 1], "values": {"a": [1, 2]}}', '{"epochs": [1], "values": {"a": [NaN]}}'],
    ids=str,
)
def test_a_curve_that_is_not_one_does_not_cost_the_result(curve: str) -> None:
    result = TrialResult.model_validate_json(f'{{"outcome": "Succeeded", "metrics": {{"a": 1}}, "curve": {curve}}}')
    assert (result.curve, result.metrics) == (None, {"a": 1})


def test_an_outcome_is_required() -> None:
    with pytest.raises(ValidationError, match="outcome"):
        TrialResult.model_validate_json("{}")


def test_the_json_uses_camel_case_and_kubernetes_spelling_of_uid() -> None:
    who = Identity(namespace="n", search="s", search_uid="u", trial="s-00000", index=0, attempt=1)
    assert json.loads(who.model_dump_json(by_alias=True))["searchUID"] == "u"

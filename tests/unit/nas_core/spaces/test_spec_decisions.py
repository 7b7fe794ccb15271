from __future__ import annotations

from typing import Any, ClassVar

import pytest

from nas_core.api.decision import DecisionSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.spec_decisions import space_of_decisions
from nas_core.testing.space_conformance import SpaceConformance

DECISIONS: list[dict[str, Any]] = [
    {"name": "layers", "integer": {"min": 1, "max": 2}},
    {"name": "layer.0", "choice": ["gru", "lstm"]},
    {"name": "layer.1", "choice": ["gru", "lstm"], "when": {"decision": "layers", "values": ["2"]}},
    {"name": "rate", "real": {"min": "1e-4", "max": "0.1", "log": True}},
    {"name": "inputs", "subset": {"members": ["text", "image"], "min": 1}},
]


def spec(*decisions: dict[str, Any]) -> SearchSpaceSpec:
    return SearchSpaceSpec.model_validate({"decisions": decisions})


class TestOwnSpace(SpaceConformance):
    space: ClassVar[SearchSpace] = get_space(spec(*DECISIONS))


def test_the_yaml_says_what_the_space_is() -> None:
    assert get_space(spec(*DECISIONS[:3])).size == 6
    assert get_space(spec(*DECISIONS)).size is None
    assert get_space(spec(*DECISIONS)) is get_space(spec(*DECISIONS))


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        ({"name": "a", "choice": ["x", "x"]}, "'a': give at least one option, each once"),
        ({"name": "a", "integer": {"min": 3, "max": 1}}, "'a': low must not exceed high"),
        ({"name": "a", "real": {"min": "0", "max": "1", "log": True}}, "'a': .* logarithmic low more than 0"),
        ({"name": "a", "choice": ["x"], "when": {"decision": "b", "values": ["y"]}}, "'a' depends on 'b'"),
        ({"name": "a"}, "set exactly one of choice, integer, real and subset"),
    ],
)
def test_decisions_that_do_not_fit_together(decision: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        space_of_decisions([DecisionSpec.model_validate(decision)])

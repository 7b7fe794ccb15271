"""Architectures as JSON: what a trial has on record is read again, anything else is refused with its remedy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.unit.nas_core.spaces.test_guidance import SPACE, refused

from nas_core.api.guidance import INJECTED_LENGTH, Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces import ArchitectureError
from nas_core.spaces.encoded import is_encoding, read_encoding
from nas_core.spaces.guidance import guided
from nas_core.spaces.ready_made import READY_MADE

CONV = {"op": "conv", "kernel": "3", "layers": "5", "width": "8", "parts": "a+c"}
POOL = CONV | {"op": "pool", "pool.kind": "max"}


@pytest.mark.parametrize("seed", range(5))
def test_what_a_trial_has_is_read_again_with_and_without_the_prefix_of_hyperparameters(seed: int) -> None:
    values = SPACE.sample(np.random.default_rng(seed))
    architecture, hyperparameters = SPACE.split(values)
    assert read_encoding(SPACE, json.dumps(architecture | hyperparameters)) == values
    assert read_encoding(SPACE, json.dumps(values, indent=2)) == values
    assert list(guided(SPACE, Guidance(inject=[json.dumps(values)])).injected) == [values]


@pytest.mark.parametrize("name", READY_MADE)
def test_every_space_has_it_beside_its_text_and_fits(name: SpaceName) -> None:
    space = READY_MADE[name](SearchSpaceSpec(name=name))
    values = space.sample(np.random.default_rng(0))
    text = json.dumps(values)
    assert len(text) < INJECTED_LENGTH
    assert read_encoding(space, text) == space.parse(space.text(values))
    assert is_encoding(text) and not is_encoding(space.text(values))


def test_numbers_may_be_written_as_numbers_and_in_any_way() -> None:
    given = CONV | {"layers": 5, "rate": 1e-1}
    assert read_encoding(SPACE, json.dumps(given)) == CONV | {"hp.rate": "0.1"}
    assert read_encoding(SPACE, json.dumps(given).replace("0.1", "1e-1")) == CONV | {"hp.rate": "0.1"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**CONV, "rate": 7}, ["decision 'hp.rate' is \"7\"; it has to be"]),
        ({**CONV, "op": "sep"}, ["decision 'op' is \"sep\"; it has to be one of conv, pool, none"]),
        ({**CONV, "op": "x" * 7000}, ["decision 'op' is \"xxx"]),
        ({**CONV, "kernel": None}, ["decision 'kernel' is null; it has to be one of 3, 5, 7"]),
        ({**CONV, "kernel": True}, ["decision 'kernel' is true"]),
        ({**CONV, "rate": float("nan")}, ["decision 'hp.rate' is \"NaN\""]),
        (CONV, ["decision 'hp.rate' is missing"]),
        ({"rate": "0.1"}, ["decision 'op' is missing; give one of conv"]),
        ({**CONV, "rate": "0.1", "hp.rate": "0.1"}, ["decision 'hp.rate' has two values; remove one"]),
        ({**CONV, "rate": "0.1", "depth": "3"}, ["'depth' is no decision of s; there are op, pool.kind, "]),
        ({**CONV, "rate": "0.1", "d" * 7000: "3"}, ["ddd' is no decision of s; there are"]),
        ({**CONV, "rate": "0.1", "pool.kind": "max"}, ["only there while 'op' is pool; remove it"]),
        ({k: v for k, v in POOL.items() if k != "pool.kind"} | {"rate": "0.1"}, ["'pool.kind' is missing"]),
        ({"architecture": CONV, "hyperparameters": {"rate": "0.1"}}, ["it has objects or lists inside; write"]),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(given: dict[str, object], words: list[str]) -> None:
    message = refused(inject=[json.dumps(given)])
    assert message.startswith("spec.guidance.inject[0]: ")
    assert message.endswith("; write it as in spec.candidates[] of a trial")
    assert all(word in message for word in words), message
    assert len(message) < 1000


@pytest.mark.parametrize(
    "text", ["{", '{"op"', '{"op": "conv"', "{'op': 'conv'}", '{"op": "conv"} {}', '{"op": "conv"} and more', "{]"]
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match=r"it is no JSON object|it has objects or lists inside"):
        read_encoding(SPACE, text)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"a":[{"b":'])
def test_depth_is_bounded_before_anything_is_parsed(opening: str) -> None:
    text = "{" + '"a":' + opening * (INJECTED_LENGTH // len(opening))
    with pytest.raises(ArchitectureError, match="it has objects or lists inside"):
        read_encoding(SPACE, text)


def test_brackets_within_names_and_values_are_no_depth() -> None:
    with pytest.raises(ArchitectureError, match="is no decision"):
        read_encoding(SPACE, json.dumps({'[{[\\"': "{{["}))


def test_what_decisions_do_not_leave_is_refused_whatever_it_is_written_in() -> None:
    text = json.dumps(CONV | {"rate": "0.1"})
    assert "op=conv is not among what spec.guidance.decisions leave" in refused(
        {"name": "op", "forbid": ["conv"]}, inject=[text]
    )

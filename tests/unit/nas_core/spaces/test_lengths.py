"""Spaces whose architectures a trial's record has no room for are refused before anything is tried in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas_core.api.decision import DecisionSpec
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.trial import CandidateSpec
from nas_core.api.types import TEXT_LENGTH
from nas_core.spaces import get_space
from nas_core.spaces.base import SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, Real, Subset, when
from nas_search.strategy import candidate_of

LONG = "self_attention.number_of_heads"


def own(*decisions: dict[str, Any]) -> SearchSpaceSpec:
    return SearchSpaceSpec.model_validate({"decisions": decisions})


def beside(*decisions: dict[str, Any]) -> list[DecisionSpec]:
    return [DecisionSpec.model_validate(decision) for decision in decisions]


TOO_LONG = {
    "24 decisions of long names": (
        own(*({"name": f"encoder.layer{k:02}.{LONG}", "choice": ["eight", "sixteen"]} for k in range(24))),
        "up to [0-9]+ characters of 1024; have fewer decisions",
    ),
    "128 real ones": (
        own(*({"name": f"d{k}", "real": {"min": "0", "max": "1"}} for k in range(128))),
        "characters of 1024",
    ),
    "a subset of long members": (
        own({"name": "a", "subset": {"members": [f"{'m' * 19}{k:x}" for k in range(16)]}}),
        "'a': a value would take up to 335 characters of 256; have fewer or shorter members",
    ),
    "a name and nothing else": (
        own(*({"name": f"{'n' * 60}{k}", "choice": ["w" * 63]} for k in range(9))),
        "characters of 1024",
    ),
}


@pytest.mark.parametrize("case", TOO_LONG)
def test_a_space_without_room_is_refused(case: str) -> None:
    spec, message = TOO_LONG[case]
    with pytest.raises(ValueError, match=message):
        get_space(spec)


def test_hyperparameters_without_room_are_refused() -> None:
    members = [f"member{k:03}" for k in range(8)]
    with pytest.raises(ValueError, match=r"'mix': a value would take up to 79 characters of 64"):
        get_space(SearchSpaceSpec(), beside({"name": "mix", "subset": {"members": members}}))
    with pytest.raises(ValueError, match=r"with its hyperparameters would take up to \d+ characters of 1024"):
        get_space(SearchSpaceSpec(), beside(*({"name": f"{'n' * 62}{k:x}", "choice": ["v" * 63]} for k in range(16))))


@pytest.mark.parametrize(
    ("decision", "values"),
    [
        (Choice("a", ("x", "yyy")), None),
        (Integer("a", -1_000_000, 3), ["-1000000"]),
        (Integer("a", 1, 1_000_000_000, log=True), ["1000000000"]),
        (Subset("a", ("x", "yyy", "zz"), most=2), None),
        (Subset("a", ("x",)), None),
        (Real("a", -1.0, 1.0), ["-0.0001234", "-1.234e-05"]),
        (Real("a", 1e-120, 1.0, log=True), ["1.234e-110"]),
        (Real("a", 0.0, 1e9), ["1.234e+08", "0.0001234"]),
    ],
)
def test_the_longest_value(decision: Decision, values: list[str] | None) -> None:
    every = list(decision.values()) if values is None else values
    assert all(decision.allows(value) for value in every)
    assert max(map(len, every)) == decision.longest


def test_of_decisions_that_exclude_each_other_the_longer_counts() -> None:
    """A space is not refused for what can never stand in one architecture."""
    kinds = [f"kind{k}" for k in range(8)]
    inner = [
        {"name": f"{kind}.{'n' * 40}{k}", "choice": ["v" * 40], "when": {"decision": "kind", "values": [kind]}}
        for kind in kinds
        for k in range(8)
    ]
    space = get_space(own({"name": "kind", "choice": kinds}, *inner))
    assert max(len(space.text(space.sample(np.random.default_rng(seed)))) for seed in range(9)) <= space.longest_text


def test_without_conditions_the_bound_is_met() -> None:
    space = SearchSpace("own", [Choice("a.b", ("x", "yy")), Choice("a.c", ("z",)), Choice("d", ("w", "vvv"))])
    assert len(space.text({"a.b": "yy", "a.c": "z", "d": "vvv"})) == space.longest_text - 1
    late = SearchSpace("own", [Choice("a", ("x", "y")), Choice("b", ("1", "22"), when=when("a", "y"))])
    assert len(late.text({"a": "y", "b": "22"})) == late.longest_text - 1


def test_what_fits_can_be_recorded() -> None:
    """The longest space that is taken: each of its candidates is valid in a NASTrial."""
    names = [f"{'n' * 55}{k:02}" for k in range(16)]
    space = get_space(own(*({"name": name, "choice": ["v" * 4, "w"]} for name in names)))
    assert space.longest_text <= TEXT_LENGTH
    one = candidate_of(space, dict.fromkeys(names, "v" * 4), "Random")
    assert CandidateSpec.model_validate(one.to_dict()) == one

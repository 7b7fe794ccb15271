from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas_core.api.guidance import Guidance
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Choice, Integer, Real, Subset, when
from nas_core.spaces.guidance import GuidanceError, guided
from nas_core.spaces.joint import JointSpace
from nas_core.spaces.nas_bench_101 import NasBench101
from nas_core.testing.toy_space import ToySpace

SPACE = JointSpace(
    SearchSpace(
        "s",
        [
            Choice("op", ("conv", "pool", "none")),
            Choice("pool.kind", ("max", "mean"), when=when("op", "pool")),
            Choice("kernel", ("3", "5", "7")),
            Integer("layers", 1, 21, step=4),
            Integer("width", 1, 10**6, log=True),
            Subset("parts", ("a", "b", "c"), least=1),
        ],
    ),
    [Real("rate", 0.001, 1.0, log=True)],
)


def part(*entries: dict[str, Any], space: SearchSpace = SPACE) -> SearchSpace:
    return guided(space, Guidance.model_validate({"decisions": list(entries)})).space


def values(space: SearchSpace, name: str) -> list[str]:
    return list(next(decision for decision in space.open if decision.name == name).values())


def refused(*entries: dict[str, Any], **rest: Any) -> str:
    with pytest.raises(GuidanceError) as error:
        guided(SPACE, Guidance.model_validate({"decisions": list(entries), **rest}))
    return str(error.value)


@pytest.mark.parametrize(
    ("entry", "name", "left"),
    [
        ({"name": "op", "forbid": ["none"]}, "op", ["conv", "pool"]),
        ({"name": "o?", "require": ["none", "pool"]}, "op", ["pool", "none"]),
        ({"name": "kernel", "min": 5}, "kernel", ["5", "7"]),
        ({"name": "layers", "min": 2, "max": "16.5"}, "layers", ["5", "9", "13"]),
        ({"name": "layers", "forbid": ["5", "21"], "max": 17}, "layers", ["1", "9", "13", "17"]),
        ({"name": "width", "min": 5, "max": 7}, "width", ["5", "6", "7"]),
        ({"name": "parts", "forbid": ["c"]}, "parts", ["a", "b", "a+b"]),
        ({"name": "parts", "require": ["a", "c"]}, "parts", ["a+c", "a+b+c"]),
        ({"name": "rate", "require": ["1e-1", "0.5"]}, "hp.rate", ["0.1", "0.5"]),
        ({"name": "hp.rate", "min": "0.1", "max": "0.1"}, "hp.rate", ["0.1"]),
    ],
)
def test_what_an_entry_leaves(entry: dict[str, Any], name: str, left: list[str]) -> None:
    assert values(part(entry), name) == left


def test_a_real_number_is_drawn_from_the_narrower_range_only() -> None:
    space, rng = part({"name": "rate", "min": "0.01", "max": 5}), np.random.default_rng(0)
    drawn = [float(space.sample(rng)["hp.rate"]) for _ in range(500)]
    assert 0.01 <= min(drawn) < 0.012 and 0.9 < max(drawn) <= 1.0


def test_a_bound_between_two_negative_numbers_leaves_what_is_within_it() -> None:
    below = SearchSpace("below", [Integer("shift", -3, 3)])
    assert values(part({"name": "shift", "min": "-2.5", "max": "-1.5"}, space=below), "shift") == ["-2"]


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [("0.12345", "0.56789", "0.1235", "0.5678"), ("-0.56789", "-0.12345", "-0.5678", "-0.1235"), ("0", "1", "0", "1")],
)
def test_a_bound_with_more_digits_than_are_written_is_rounded_into_the_range(
    low: str, high: str, first: str, last: str
) -> None:
    space = part({"name": "bias", "min": low, "max": high}, space=SearchSpace("real", [Real("bias", -1.0, 1.0)]))
    [bias] = space.open
    assert (bias.at(0), bias.at(1)) == (first, last)


def test_all_entries_about_a_decision_hold_together() -> None:
    assert values(part({"name": "*", "forbid": ["none"]}, {"name": "op", "forbid": ["pool"]}), "op") == ["conv"]


def test_of_a_pattern_those_count_that_know_the_values() -> None:
    space = part({"name": "*", "require": ["5"]})
    assert values(space, "kernel") == values(space, "layers") == ["5"] and values(space, "op") == [
        "conv",
        "pool",
        "none",
    ]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {"name": "kernels", "forbid": ["3"]},
            "'kernels' is no decision of s; there are op, pool.kind, kernel",
        ),
        ({"name": "x.*", "forbid": ["3"]}, "'x.*' is no decision of s"),
        ({"name": "op", "forbid": ["konv"]}, "'konv' is no value: op is one of conv, pool, none"),
        ({"name": "*", "forbid": ["konv"]}, "(nor has another of '*')"),
        ({"name": "parts", "require": ["d"]}, "'d' is no member: parts is 1 to 3 of a, b, c"),
        ({"name": "op", "min": 3}, "op has no range: it is one of conv, pool, none; use forbid or require"),
        ({"name": "rate", "forbid": ["0.1"]}, "forbid of hp.rate, a real number: narrow it with min and max"),
        ({"name": "rate", "require": ["2"]}, "'2' is no value: hp.rate is a number from 0.001 to 1"),
        ({"name": "width", "forbid": ["3"]}, "width has more than 65536 values; narrow it with min and max"),
        (
            {"name": "op", "forbid": ["conv", "pool", "none"]},
            "no value is left of op (one of conv, pool, none): op ",
        ),
        ({"name": "kernel", "min": 9}, "no value is left of kernel (one of 3, 5, 7): kernel min 9; loosen one of them"),
        ({"name": "layers", "min": 2, "max": 4}, "no value is left of layers (one of 1, 5, 9, 13, 17, 21)"),
        ({"name": "parts", "forbid": ["a", "b", "c"]}, "no value is left of parts"),
    ],
)
def test_what_cannot_be_kept_names_the_conflict(entry: dict[str, Any], words: str) -> None:
    assert "spec.guidance.decisions" in refused(entry) and words in refused(entry)


def test_what_is_preferred_is_one_value_that_is_left() -> None:
    entries = [
        {"name": "op", "forbid": ["none"], "prefer": "pool", "confidence": "high"},
        {"name": "rate", "prefer": "1e-2"},
        {"name": "l*", "prefer": 9},
    ]
    found = guided(SPACE, Guidance.model_validate({"decisions": entries})).preferred
    assert {name: (one.value, one.confidence) for name, one in found.items()} == {
        "op": ("pool", 0.9), "layers": ("9", 0.6), "hp.rate": ("0.01", 0.6),
    }  # fmt: skip
    assert found["op"].nearness("pool") == 1 and found["op"].nearness("conv") < 1
    assert found["layers"].nearness("13") > found["layers"].nearness("21")
    assert "op is to prefer none, which other entries do not leave" in refused(
        {"name": "op", "prefer": "none"}, {"name": "*", "forbid": ["none"]}
    )
    assert "op cannot have two preferred values: " in refused(
        {"name": "op", "prefer": "conv"}, {"name": "o?", "prefer": "pool"}
    )
    assert "'8' is no value: layers is one of" in refused({"name": "layers", "prefer": "8"})


def test_ranges_that_do_not_meet_are_a_conflict() -> None:
    assert "*ate min 0.5; rate max 0.1" in refused({"name": "*ate", "min": "0.5"}, {"name": "rate", "max": "0.1"})


def test_what_the_rule_of_a_space_refuses_is_told() -> None:
    to_output = [{"name": f"edge.{source}-6", "require": ["0"]} for source in range(6)]
    with pytest.raises(GuidanceError, match="nothing is left that the space's rule allows; loosen them: "):
        part(*to_output, space=NasBench101())


def test_injected_architectures_are_read_as_the_status_writes_them() -> None:
    rng = np.random.default_rng(0)
    asked = [SPACE.sample(rng) for _ in range(3)]
    found = guided(SPACE, Guidance(inject=[SPACE.text(one) for one in asked]))
    assert list(found.injected) == asked
    forbidden = {"name": "op", "forbid": [asked[1]["op"]]}
    message = refused(forbidden, inject=[SPACE.text(asked[1])])
    assert message.startswith(
        f"spec.guidance.inject[0]: op={asked[1]['op']} is not among what spec.guidance.decisions leave"
    )
    assert refused(inject=["op=conv"]).startswith("spec.guidance.inject[0]: ")


def test_the_part_is_a_space_of_its_own_and_the_whole_stays() -> None:
    toy = ToySpace()
    space = part({"name": "first", "require": ["a"]}, {"name": "*", "forbid": ["d"]}, space=toy)
    every = list(space.enumerate())
    assert space.size == len(every) == 27 and toy.size == 256
    assert set(space.distinct) == {toy.canonical_id(one) for one in every} < set(toy.distinct)
    assert not any(space.outside(one) for one in every)
    rng, outside = np.random.default_rng(0), toy.parse("dbdc")
    assert space.outside(outside) == ["first", "third"]
    for one in (
        *(space.sample(rng) for _ in range(20)),
        *(space.mutate(outside, rng) for _ in range(20)),
        *(space.crossover(outside, toy.parse("dddd"), rng) for _ in range(20)),
        *space.neighbours(outside),
    ):
        toy.validate(one)
        assert not space.outside(one)
    assert space.nearest(outside) in list(space.neighbours(outside)), "from outside the nearest place is a neighbour"
    assert space.text(outside) == "dbdc", "what was tried before stays known"


def test_what_follows_from_a_value_that_is_forbidden_is_not_counted() -> None:
    space = part({"name": "op", "forbid": ["pool"]}, {"name": "width", "max": 1}, {"name": "rate", "require": ["0.1"]})
    assert space.size == 2 * 3 * 6 * 7 == len(list(space.enumerate()))
    rng = np.random.default_rng(0)
    pooled = {**SPACE.sample(rng), "op": "pool", "pool.kind": "max"}
    assert not any("pool.kind" in space.mutate(pooled, rng) for _ in range(20))


def test_where_nothing_is_left_to_change_a_mutant_is_what_is_left() -> None:
    space = part({"name": "*", "require": ["b"]}, space=ToySpace())
    assert space.mutate(ToySpace().parse("abcd"), np.random.default_rng(0)) == ToySpace().parse("bbbb")

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, Real, Subset, when
from nas_core.testing.space_conformance import SpaceConformance

CONDITIONAL = SearchSpace(
    "conditional",
    [
        Integer("depth", 1, 3),
        *(Choice(f"layer.{k}.op", ("conv", "attention"), when=when("depth", *range(k + 1, 4))) for k in range(3)),
        *(Integer(f"layer.{k}.heads", 1, 8, when=when(f"layer.{k}.op", "attention")) for k in range(3)),
        *(Choice(f"layer.{k}.kernel", ("3", "5"), when=when(f"layer.{k}.op", "conv")) for k in range(3)),
        Subset("inputs", ("text", "image", "table"), least=1),
    ],
)


class Ruled(SearchSpace):
    """Two of three switches at most."""

    def __init__(self) -> None:
        super().__init__("ruled", [Choice(name, ("on", "off")) for name in ("a", "b", "c")])

    def fault(self, architecture: Architecture) -> str | None:
        on = [name for name in architecture if architecture[name] == "on"]
        return None if len(on) < 3 else f"{', '.join(on)} are on; switch one off"


class TestConditional(SpaceConformance):
    space: ClassVar[SearchSpace] = CONDITIONAL


class TestReal(SpaceConformance):
    space: ClassVar[SearchSpace] = SearchSpace(
        "real", [Real("rate", 1e-4, 1.0, log=True), Real("share", 0.0, 0.5), Integer("width", 8, 512, step=8)]
    )


def test_the_size_counts_every_encoding() -> None:
    assert CONDITIONAL.size == 7 * sum((8 + 2) ** depth for depth in (1, 2, 3))
    assert CONDITIONAL.size == len(list(CONDITIONAL.enumerate()))
    assert TestReal.space.size is None


def test_only_what_applies_is_asked_for_in_the_order_of_the_space() -> None:
    asked: list[str] = []

    def choose(decision: Decision) -> str:
        asked.append(decision.name)
        return {"depth": "1", "layer.0.op": "conv"}.get(decision.name, decision.first)

    values = CONDITIONAL.complete(choose)
    assert asked == list(values) == ["depth", "layer.0.op", "layer.0.kernel", "inputs"]
    CONDITIONAL.validate(values)


def test_a_decision_that_is_opened_is_drawn_and_its_neighbour_has_the_first_value() -> None:
    rng = np.random.default_rng(0)
    one = {"depth": "1", "layer.0.op": "conv", "layer.0.kernel": "5", "inputs": "text"}
    mutants = [CONDITIONAL.mutate(one, rng) for _ in range(200)]
    assert {m["layer.0.heads"] for m in mutants if m["layer.0.op"] == "attention"} == set("12345678")
    near = [n for n in CONDITIONAL.neighbours(one) if n["layer.0.op"] == "attention"]
    assert near == [{"depth": "1", "layer.0.op": "attention", "layer.0.heads": "1", "inputs": "text"}]


def test_neighbours_are_in_the_order_of_the_space_whatever_that_of_the_architecture() -> None:
    one = {"depth": "2", "layer.0.op": "conv", "layer.1.op": "attention", "layer.1.heads": "3", "layer.0.kernel": "5"}
    one |= {"inputs": "text"}
    backwards = dict(reversed(one.items()))
    expected = [
        CONDITIONAL._completed({**one, decision.name: value}, lambda each: each.first)
        for decision in CONDITIONAL.active(one)
        for value in decision.near(one[decision.name])
    ]
    for given in (one, backwards):
        assert [list(near.items()) for near in CONDITIONAL.neighbours(given)] == [list(e.items()) for e in expected]


def test_a_decision_that_does_not_apply_is_refused() -> None:
    one = {"depth": "1", "layer.0.op": "conv", "layer.0.kernel": "5", "inputs": "text"}
    with pytest.raises(ArchitectureError, match=r"'layer.0.heads' is only there while 'layer.0.op' is attention"):
        CONDITIONAL.validate({**one, "layer.0.heads": "2"})


def test_the_text_groups_decisions_by_their_names() -> None:
    one = {"depth": "1", "layer.0.op": "conv", "layer.0.kernel": "5", "inputs": "text+table"}
    assert CONDITIONAL.text(one) == "depth=1 layer.0(op=conv,kernel=5) inputs=text+table"
    assert CONDITIONAL.parse(CONDITIONAL.text(one)) == one


def test_a_rule_holds_for_every_draw() -> None:
    space, rng = Ruled(), np.random.default_rng(0)
    assert len(list(space.enumerate())) == 7
    parent = {"a": "on", "b": "on", "c": "off"}
    drawn = [space.sample(rng) for _ in range(50)] + [space.mutate(parent, rng) for _ in range(50)]
    assert all(space.fault(a) is None for a in [*drawn, *space.neighbours(parent)])
    with pytest.raises(ArchitectureError, match="a, b, c are on; switch one off"):
        space.validate(dict.fromkeys("abc", "on"))


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ([Choice("a", ("x",)), Choice("a", ("y",))], "'a' is declared twice"),
        ([Choice("a", ("x",), when=when("b", "x"))], "'a' depends on 'b', which is not declared before it"),
        ([Choice("b", ("x",)), Choice("a", ("x",), when=when("b", "y"))], "'a' waits for b=y; it is one of x"),
    ],
)
def test_spaces_that_make_no_sense(decisions: list[Choice], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SearchSpace("wrong", decisions)


def test_a_rule_that_leaves_nothing_is_told() -> None:
    class Nothing(Ruled):
        def fault(self, architecture: Architecture) -> str | None:
            return "never"

    with pytest.raises(ArchitectureError, match="refused 10000 draws: never"):
        Nothing().sample(np.random.default_rng(0))

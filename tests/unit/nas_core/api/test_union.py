"""The rule of a union is made from its fields, for the API server and for the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from pydantic import Field, ValidationError

from nas_core.api.base import ApiModel
from nas_core.api.union import MEMBER, Union
from nas_core.crd.resources import RESOURCES
from nas_core.crd.tree import Node, tree


class Nothing(ApiModel):
    """A member without settings."""


class Shape(Union):
    """One has to be chosen."""

    round_: Nothing | None = Field(default=None, alias="round", json_schema_extra=MEMBER)
    four_sided: Nothing | None = Field(default=None, json_schema_extra=MEMBER)
    size: int = 1


class Colour(Union):
    """One may be chosen."""

    default: ClassVar = "black"

    red: Nothing | None = Field(default=None, json_schema_extra=MEMBER)
    blue: Nothing | None = Field(default=None, json_schema_extra=MEMBER)


def test_members_go_by_the_names_of_the_api() -> None:
    assert Shape.members() == {"round_": "round", "four_sided": "fourSided"}
    assert Shape.model_validate({"fourSided": {}, "size": 3}).member == "fourSided"
    assert Colour().member is None


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        (Shape, {}, r"set exactly one of round and fourSided \(found: none\)"),
        (Shape, {"round": {}, "fourSided": {}}, r"set exactly one of .* \(found: round and fourSided\)"),
        (Colour, {"red": {}, "blue": {}}, r"set at most one of red and blue; without any it is black \(found: red and"),
    ],
)
def test_one_member_is_chosen(model: type[Union], given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        model.model_validate(given)


def test_the_api_server_is_given_the_same_rule() -> None:
    [rule] = tree(Shape).rules
    assert rule.rule == "[has(self.round), has(self.fourSided)].filter(member, member).size() == 1"
    assert rule.message == "set exactly one of round and fourSided"
    [rule] = tree(Colour).rules
    assert rule.rule.endswith("<= 1")


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for field in node.fields.values():
        yield from nodes(field.node)
    if node.items is not None:
        yield from nodes(node.items)


def test_no_union_is_of_another_form() -> None:
    """Nobody writes the names of members into a rule by hand; a member is absent unless it is chosen."""
    for resource in RESOURCES:
        for node in nodes(tree(resource.model)):
            if node.model is None:
                continue
            counted = [rule for rule in node.model.rules if ".size() <= 1" in rule.rule or "exists_one(" in rule.rule]
            assert not counted, f"{node.model.__name__}: make it a Union"
            if issubclass(node.model, Union):
                assert len(node.model.members()) > 1
                assert all(node.model.model_fields[field].default is None for field in node.model.members())

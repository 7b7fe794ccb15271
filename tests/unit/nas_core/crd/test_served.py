"""A CRD that lacks anything of ours is found out, whatever it is; one that has more is fine."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from nas_core.crd.schema import custom_resource_definitions
from nas_core.crd.served import missing

CRDS = {crd["spec"]["names"]["kind"]: crd for crd in custom_resource_definitions()}


def schema_of(crd: dict[str, Any]) -> dict[str, Any]:
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and all below it."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from schemas(inner)
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from schemas(schema[key])


@pytest.mark.parametrize("kind", CRDS)
def test_each_field_and_enum_value_counts(kind: str) -> None:
    """Take away one at a time; each is told by name."""
    served = copy.deepcopy(CRDS[kind])
    assert missing(CRDS[kind], served) == []
    for schema in schemas(schema_of(served)):
        for name, inner in list(schema.get("properties", {}).items()):
            del schema["properties"][name]
            [told] = missing(CRDS[kind], served)
            assert told.rpartition(".")[2] == name
            schema["properties"][name] = inner
        for word in list(schema.get("enum", ())):
            schema["enum"].remove(word)
            [told] = missing(CRDS[kind], served)
            assert told.endswith(f": {word}")
            schema["enum"].append(word)


def test_what_it_lacks_has_its_path() -> None:
    served = copy.deepcopy(CRDS["NASSearch"])
    spec = schema_of(served)["properties"]["spec"]["properties"]
    del spec["strategy"]["properties"]["rungs"]
    spec["task"]["properties"]["type"]["enum"].remove("regression")
    spec["hyperparameters"]["items"]["properties"]["name"]["maxLength"] = 20
    spec["evaluation"]["properties"]["epochs"]["type"] = "string"
    assert missing(CRDS["NASSearch"], served) == [
        "spec.task.type: regression",
        "spec.hyperparameters[].name with maxLength 63",
        "spec.strategy.rungs",
        "spec.evaluation.epochs of type integer",
    ]


def test_a_newer_one_is_fine() -> None:
    served = copy.deepcopy(CRDS["NASSearch"])
    spec = schema_of(served)["properties"]["spec"]["properties"]
    spec["hints"] = {"type": "object", "properties": {"text": {"type": "string"}}}
    spec["task"]["properties"]["type"]["enum"].append("detection")
    spec["objectives"]["maxItems"] = 8
    assert missing(CRDS["NASSearch"], served) == []


def test_one_of_another_version_is_not() -> None:
    served = copy.deepcopy(CRDS["NASSearch"])
    served["spec"]["versions"][0]["served"] = False
    assert missing(CRDS["NASSearch"], served) == ["version v1alpha1"]

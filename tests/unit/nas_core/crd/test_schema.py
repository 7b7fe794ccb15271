"""The generated CRDs: structural, bounded, small; what a real API server says of them is in tests/integration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nas_core.api.base import ApiModel
from nas_core.api.search import ALWAYS_THERE
from nas_core.crd.resources import RESOURCES
from nas_core.crd.schema import custom_resource_definitions
from nas_core.crd.tree import tree

CRDS = {crd["spec"]["names"]["kind"]: crd for crd in custom_resource_definitions()}


def schema_of(kind: str) -> dict[str, Any]:
    return CRDS[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        if path or name not in ("apiVersion", "kind", "metadata"):
            yield from walk(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from walk(schema[key], f"{path}[]")


@pytest.mark.parametrize("kind", CRDS)
def test_every_value_is_bounded(kind: str) -> None:
    for path, schema in walk(schema_of(kind)):
        match schema.get("type"):
            case "string":
                assert schema.keys() & {"maxLength", "enum", "format"}, f"{path} is an unbounded string"
            case "array":
                assert "maxItems" in schema, f"{path} is an unbounded list"
            case "object" if "additionalProperties" in schema:
                assert "maxProperties" in schema, f"{path} is an unbounded map"


COPIED = ".status.searchSpace."
"""Fields that are described where they are written."""


@pytest.mark.parametrize("kind", CRDS)
def test_every_field_says_what_it_is(kind: str) -> None:
    for path, schema in walk(schema_of(kind)):
        if path.startswith(COPIED):
            assert path.replace("status", "spec", 1) in dict(walk(schema_of(kind))), f"{path} is described nowhere"
        elif path and not path.endswith("[]"):
            assert schema.get("description"), f"{path} has no description"


@pytest.mark.parametrize("kind", CRDS)
def test_a_schema_is_structural(kind: str) -> None:
    for path, schema in walk(schema_of(kind)):
        assert "$ref" not in schema, path
        assert not isinstance(schema.get("exclusiveMinimum"), float | int), path
        assert ("type" in schema) != schema.get("x-kubernetes-int-or-string", False), path
        assert "anyOf" not in schema, path


@pytest.mark.parametrize("kind", CRDS)
def test_no_float_in_a_spec(kind: str) -> None:
    numbers = [p for p, s in walk(schema_of(kind)["properties"]["spec"], ".spec") if s.get("type") == "number"]
    assert not numbers, "the API conventions forbid floats in specs"


def test_client_side_apply_has_room_for_a_crd() -> None:
    # It keeps the whole object as compact JSON in an annotation; all annotations together may have 256 KiB.
    for kind, crd in CRDS.items():
        assert len(json.dumps(crd, separators=(",", ":")).encode()) < 240 * 1024, kind


def test_what_the_rules_of_fixed_fields_take_for_there_is_always_there() -> None:
    spec = schema_of("NASSearch")["properties"]["spec"]
    assert all(part in spec["required"] or "default" in spec["properties"][part] for part in ALWAYS_THERE)


def test_what_the_operator_writes_is_checked_without_long_messages() -> None:
    decision = ".searchSpace.decisions[]"
    spec, status = (dict(walk(schema_of("NASSearch")["properties"][part])) for part in ("spec", "status"))
    asked, written = (part[decision]["x-kubernetes-validations"] for part in (spec, status))
    assert [rule["rule"] for rule in written] == [rule["rule"] for rule in asked]
    assert any("messageExpression" in rule for rule in asked) and all("message" in rule for rule in written)


def test_operational_fields_have_no_default() -> None:
    assert "default" not in schema_of("NASSearch")["properties"]["spec"]["properties"]["suspend"]


def test_lists_that_people_edit_are_maps() -> None:
    spec = schema_of("NASSearch")["properties"]["spec"]["properties"]
    assert spec["objectives"]["x-kubernetes-list-map-keys"] == ["metric"]
    assert spec["trialTemplate"]["properties"]["env"]["x-kubernetes-list-map-keys"] == ["name"]


def test_a_default_is_valid_in_its_model() -> None:
    spec = schema_of("NASSearch")["properties"]["spec"]["properties"]
    fields = tree(next(r.model for r in RESOURCES if r.kind == "NASSearch")).fields["spec"].node.fields
    for name, schema in spec.items():
        model = fields[name].node.model
        if "default" in schema and model is not None:
            model.model_validate(schema["default"])


def test_a_type_without_structural_form_is_refused_by_name() -> None:
    class Odd(ApiModel):
        either: int | str = 0

    with pytest.raises(TypeError, match=r"Odd\.either"):
        tree(Odd)


@pytest.mark.parametrize("kind", CRDS)
def test_no_string_is_refused_with_a_regular_expression(kind: str) -> None:
    """The API server quotes a `pattern` at users; a rule made of it says what to write instead."""
    for path, schema in walk(schema_of(kind)["properties"]["spec"], ".spec"):
        assert "pattern" not in schema, f"{path}: say in words what the pattern asks for, k8s(must=...)"


def test_status_has_no_defaults() -> None:
    assert [p for p, s in walk(schema_of("NASSearch")["properties"]["status"], ".status") if "default" in s] == []


def test_optional_fields_are_absent_not_null() -> None:
    for kind in CRDS:
        assert not [path for path, schema in walk(schema_of(kind)) if "nullable" in schema]
    assert schema_of("NASSearch")["properties"]["spec"]["required"] == ["task"]


@pytest.mark.parametrize("kind", CRDS)
def test_nothing_is_written_that_the_api_server_drops(kind: str) -> None:
    """It would show as a change at every ``kubectl apply``."""
    for path, schema in walk(schema_of(kind)):
        assert not [key for key, value in schema.items() if value in ({}, []) and key != "default"], path
    for column in CRDS[kind]["spec"]["versions"][0]["additionalPrinterColumns"]:
        assert column.get("priority") != 0

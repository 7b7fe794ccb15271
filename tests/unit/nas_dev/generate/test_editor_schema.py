"""The editors' schema: what a person is told while writing a manifest."""

from __future__ import annotations

from typing import Any

from nas_dev.generate.editor_schema import editor_schema

SPEC = editor_schema()["properties"]["spec"]


def field(*path: str) -> dict[str, Any]:
    schema = SPEC
    for name in path:
        schema = schema["properties"][name]
    return schema


def test_a_misspelt_field_is_seen_in_every_object() -> None:
    def check(schema: dict[str, Any], path: str) -> None:
        if "properties" in schema:
            assert schema["additionalProperties"] is False, path
        for name, inner in schema.get("properties", {}).items():
            check(inner, f"{path}.{name}")
        if "items" in schema:
            check(schema["items"], f"{path}[]")

    check(SPEC, "spec")


def test_a_pattern_is_explained_in_words() -> None:
    duration = field("budget", "maxDuration")
    assert duration["pattern"]
    assert duration["patternErrorMessage"].startswith("must be a duration")


def test_a_quantity_may_be_a_number_or_text() -> None:
    assert field("trialTemplate", "resources", "limits")["additionalProperties"]["type"] == ["integer", "string"]


def test_editors_offer_words_and_defaults() -> None:
    precision = field("evaluation", "precision")
    assert precision["enum"] == ["auto", "float32", "bfloat16", "float16"]
    assert precision["default"] == "auto"
    assert SPEC["required"] == ["task"]

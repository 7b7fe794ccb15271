"""The JSON schema of a NASSearch for editors: completion, help and errors while a manifest is written.

Rendered from the same tree as the CRD. It is stricter than the CRD in one thing, unknown fields,
and knows less in another: rules between fields are CEL, which only the API server reads.
"""

from __future__ import annotations

from typing import Any

from nas_core.api import API_VERSION
from nas_core.api.search import NASSearch
from nas_core.crd.tree import Node, tree

Json = dict[str, Any]


def editor_schema() -> Json:
    """Return the schema, in draft 7: the newest that YAML's language server and VS Code both read in full."""
    root = tree(NASSearch)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": NASSearch.__name__,
        "description": root.description,
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": NASSearch.__name__},
            "metadata": {
                "type": "object",
                "properties": {
                    "name": {
                        "type": "string",
                        "maxLength": 40,
                        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                        "patternErrorMessage": "must be made of lower-case letters, digits and '-'",
                    }
                },
            },
            "spec": _schema(root.fields["spec"].node),
            "status": {"type": "object", "description": "Written by the operator."},
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
    }


def _schema(node: Node) -> Json:
    schema: Json = {"description": node.description} if node.description else {}
    schema |= {"type": _type(node)} | node.bounds
    if node.marks.must and "pattern" in node.bounds:
        schema["patternErrorMessage"] = f"must be {node.marks.must}"
    if node.enum:
        schema["enum"] = list(node.enum)
    if node.kind == "object" and not node.marks.preserved:
        schema["properties"] = {name: _schema(field.node) for name, field in node.fields.items()}
        for name, field in node.fields.items():
            if field.default is not None:
                schema["properties"][name]["default"] = field.default
        if required := [name for name, field in node.fields.items() if field.required]:
            schema["required"] = required
        schema["additionalProperties"] = False
    if node.items is not None:
        schema["items" if node.kind == "array" else "additionalProperties"] = _schema(node.items)
    return schema


def _type(node: Node) -> str | list[str]:
    if node.marks.int_or_string:
        return ["integer", "string"]
    return {"map": "object", "date-time": "string"}.get(node.kind, node.kind)

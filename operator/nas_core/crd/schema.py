"""The CustomResourceDefinitions, rendered from the models. `make generate` writes them to ``crds/`` and the chart.

References: Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions" (structural schemas,
defaulting, validation rules, printer columns).
"""

from __future__ import annotations

from dataclasses import replace

from nas_core.api import GROUP, VERSION
from nas_core.api.base import Rule
from nas_core.crd.resources import RESOURCES, Json, Resource
from nas_core.crd.tree import Node, tree


def custom_resource_definitions() -> list[Json]:
    """Return the CRDs, in the order in which they are listed in the reference."""
    return [_crd(resource) for resource in RESOURCES]


def _crd(resource: Resource) -> Json:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": resource.name},
        "spec": {
            "group": GROUP,
            "scope": resource.scope,
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                "shortNames": [resource.short_name],
                # Not "all": a search has thousands of trials, which would bury everything else there.
                "categories": ["nas-operator"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": _root_schema(tree(resource.model))},
                    # As a subresource, so that a write of the status changes neither spec nor generation.
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [column.to_dict() for column in resource.columns],
                }
            ],
        },
    }


def _root_schema(root: Node) -> Json:
    schema = structural_schema(root)
    schema["properties"]["status"] = structural_schema(root.fields["status"].node, written=False)
    schema["properties"] = {
        "apiVersion": {"type": "string", "description": "Version of the schema of this object."},
        "kind": {"type": "string", "description": "Kind of this object."},
        # The API server checks metadata itself; a CRD could restrict only name and generateName.
        "metadata": {"type": "object"},
        **schema["properties"],
    }
    return schema


def structural_schema(node: Node, *, written: bool = True, described: bool = True) -> Json:
    """Render a tree as a structural schema. Defaults that change nothing (null, an empty list or map) are left out.

    ``written``: by users. What the operator writes is whole, so defaults would only add noise to it; and nobody needs
    the long message of a rule there, while a CRD has little room. ``described``: whether it has descriptions.
    """
    schema: Json = {"description": node.description} if node.description and described else {}
    described = described and not node.marks.copied
    schema |= _type(node)
    # A pattern that has words for people is checked by a rule instead (`_pattern_rule`).
    schema |= {key: bound for key, bound in node.bounds.items() if not (key == "pattern" and node.marks.must)}
    if node.marks.preserved:
        schema["x-kubernetes-preserve-unknown-fields"] = True
    if node.enum:
        schema["enum"] = list(node.enum)
    if node.fields:
        schema["properties"] = {
            name: structural_schema(field.node, written=written, described=described)
            for name, field in node.fields.items()
        }
        for name, field in node.fields.items():
            empty_container = field.node.kind in ("array", "map") and not field.default
            if written and field.default is not None and not empty_container:
                schema["properties"][name]["default"] = field.default
        if required := [name for name, field in node.fields.items() if field.required]:
            schema["required"] = required
    if node.items is not None:
        schema["items" if node.kind == "array" else "additionalProperties"] = structural_schema(
            node.items, written=written, described=described
        )
    if node.kind == "array":
        # For server-side apply: several writers may own entries of a map list, but an atomic one only as a whole.
        schema["x-kubernetes-list-type"] = "map" if node.marks.map_keys else "atomic"
        if node.marks.map_keys:
            schema["x-kubernetes-list-map-keys"] = list(node.marks.map_keys)
    if rules := [*node.rules, *_pattern_rule(node)]:
        schema["x-kubernetes-validations"] = [_validation(rule if written else _short(rule)) for rule in rules]
    return schema


def _type(node: Node) -> Json:
    if node.marks.int_or_string:
        # Alone it says both types; an anyOf of them beside it is allowed too, but only takes room.
        return {"x-kubernetes-int-or-string": True}
    if node.kind == "date-time":
        return {"type": "string", "format": "date-time"}
    return {"type": "object" if node.kind == "map" else node.kind}


def _pattern_rule(node: Node) -> tuple[Rule, ...]:
    """Return the rule that stands for a pattern: it tells users what to write, where a pattern would quote itself."""
    if not node.marks.must:
        return ()
    pattern, must = node.bounds["pattern"], node.marks.must.replace("'", "\\'")
    # A value that may be an integer has no matches() in CEL before it is a string.
    text = "string(self)" if node.marks.int_or_string else "self"
    return (
        Rule(
            f'{text}.matches(r"{pattern}")',
            f"must be {node.marks.must}",
            message_expression=f"'must be {must}, not \"' + {text} + '\"'",
        ),
    )


def _short(rule: Rule) -> Rule:
    return replace(rule, message_expression=None)


def _validation(rule: Rule) -> Json:
    validation = {
        "rule": rule.rule,
        # One of the two: the other would only be shown if the expression failed, and a CRD has little room.
        "message": None if rule.message_expression else rule.message,
        "messageExpression": rule.message_expression,
        "fieldPath": rule.field_path,
    }
    return {key: value for key, value in validation.items() if value is not None}

"""The CustomResourceDefinitions, rendered from the models. ``make generate`` writes them to ``crds/`` and the chart.

References: Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions" (structural schemas,
defaulting, validation rules, printer columns).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nas_core.api import GROUP, VERSION
from nas_core.api.base import ApiModel, Rule
from nas_core.api.fields import Node, tree
from nas_core.api.search import NASSearch
from nas_core.api.space import NASSearchSpace
from nas_core.api.trial import NASTrial

SCHEMA_REVISION = 2
"""Raised with every change of a model. The operator refuses to start on a CRD whose annotation is lower."""
SCHEMA_REVISION_ANNOTATION = f"{GROUP}/schema-revision"

Json = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of ``kubectl get``; those of priority 1 are shown with ``-o wide``."""

    name: str
    json_path: str
    type: Literal["string", "integer", "date"] = "string"
    priority: int = 0

    def to_dict(self) -> Json:
        """Return the form of a CRD's ``additionalPrinterColumns``.

        The API server drops a priority of 0, and ``kubectl apply`` would add it again each time.
        """
        column: Json = {"name": self.name, "type": self.type, "jsonPath": self.json_path}
        return column | ({"priority": self.priority} if self.priority else {})


@dataclass(frozen=True)
class Resource:
    """A kind of the API group: its names and what ``kubectl get`` shows of it."""

    model: type[ApiModel]
    plural: str
    short_name: str
    columns: tuple[Column, ...]

    @property
    def kind(self) -> str:
        """The kind, which is the model's name."""
        return self.model.__name__


_STATUS = Column("Status", '.status.conditions[?(@.type=="Progressing")].reason')
_AGE = Column("Age", ".metadata.creationTimestamp", "date")

RESOURCES = (
    Resource(
        NASSearchSpace,
        plural="nassearchspaces",
        short_name="nasspace",
        columns=(
            Column("Space", ".spec.name"),
            Column("Accepted", '.status.conditions[?(@.type=="Accepted")].status'),
            Column("Size", ".status.size"),
            Column("Message", '.status.conditions[?(@.type=="Accepted")].message', priority=1),
            _AGE,
        ),
    ),
    Resource(
        NASSearch,
        plural="nassearches",
        short_name="nas",
        columns=(
            _STATUS,
            Column("Progress", ".status.progress"),
            Column("Best", ".status.bestValue"),
            Column("Objective", ".spec.objectives[0].metric"),
            Column("Running", ".status.trials.running", "integer"),
            Column("Failed", ".status.trials.failed", "integer", priority=1),
            Column("Hypervolume", ".status.hypervolume", priority=1),
            Column("Strategy", ".status.plan.strategy", priority=1),
            Column("Architecture", ".status.best[0].architecture", priority=1),
            _AGE,
        ),
    ),
    Resource(
        NASTrial,
        plural="nastrials",
        short_name="nast",
        columns=(
            Column("Search", r".metadata.labels['nas-operator\.io/search']"),
            Column("Index", ".spec.index", "integer"),
            _STATUS,
            Column("Objective", ".status.objective"),
            Column("Epoch", ".status.epoch", "integer"),
            Column("Origin", ".spec.candidates[0].origin", priority=1),
            Column("Architecture", ".spec.candidates[0].text", priority=1),
            _AGE,
        ),
    ),
)


def custom_resource_definitions() -> list[Json]:
    """Return the CRDs, in the order in which they are listed in the reference."""
    return [_crd(resource) for resource in RESOURCES]


def _crd(resource: Resource) -> Json:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{resource.plural}.{GROUP}",
            "annotations": {SCHEMA_REVISION_ANNOTATION: str(SCHEMA_REVISION)},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
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
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [column.to_dict() for column in resource.columns],
                }
            ],
        },
    }


def _root_schema(root: Node) -> Json:
    schema = structural_schema(root)
    # The operator writes the whole status, so defaults there would only add noise to what it wrote.
    schema["properties"]["status"] = structural_schema(root.fields["status"].node, defaults=False)
    schema["properties"] = {
        "apiVersion": {"type": "string", "description": "Version of the schema of this object."},
        "kind": {"type": "string", "description": "Kind of this object."},
        "metadata": {"type": "object"},
        **schema["properties"],
    }
    return schema


def structural_schema(node: Node, *, defaults: bool = True) -> Json:
    """Render a tree as a structural schema. Defaults that change nothing (null, an empty list or map) are left out."""
    schema: Json = {"description": node.description} if node.description else {}
    schema |= _type(node)
    schema |= {key: bound for key, bound in node.bounds.items() if not (key == "pattern" and node.marks.must)}
    if node.enum:
        schema["enum"] = list(node.enum)
    if node.fields:
        schema["properties"] = {
            name: structural_schema(field.node, defaults=defaults) for name, field in node.fields.items()
        }
        for name, field in node.fields.items():
            empty_container = field.node.kind in ("array", "map") and not field.default
            if defaults and field.default is not None and not empty_container:
                schema["properties"][name]["default"] = field.default
        if required := [name for name, field in node.fields.items() if field.required]:
            schema["required"] = required
    if node.items is not None:
        schema["items" if node.kind == "array" else "additionalProperties"] = structural_schema(
            node.items, defaults=defaults
        )
    if node.kind == "array":
        schema["x-kubernetes-list-type"] = "map" if node.marks.map_keys else "atomic"
        if node.marks.map_keys:
            schema["x-kubernetes-list-map-keys"] = list(node.marks.map_keys)
    if rules := [*node.rules, *_pattern_rule(node)]:
        schema["x-kubernetes-validations"] = [_validation(rule) for rule in rules]
    return schema


def _type(node: Node) -> Json:
    if node.marks.int_or_string:
        return {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
    if node.kind == "date-time":
        return {"type": "string", "format": "date-time"}
    return {"type": "object" if node.kind == "map" else node.kind}


def _pattern_rule(node: Node) -> tuple[Rule, ...]:
    """Return the rule that stands for a pattern: it tells users what to write, where a pattern would quote itself."""
    if not node.marks.must:
        return ()
    pattern, must = node.bounds["pattern"], node.marks.must.replace("'", "\\'")
    text = "string(self)" if node.marks.int_or_string else "self"
    return (
        Rule(
            f'{text}.matches(r"{pattern}")',
            f"must be {node.marks.must}",
            message_expression=f"'must be {must}, not \"' + {text} + '\"'",
        ),
    )


def _validation(rule: Rule) -> Json:
    validation = {
        "rule": rule.rule,
        "message": rule.message,
        "messageExpression": rule.message_expression,
        "fieldPath": rule.field_path,
    }
    return {key: value for key, value in validation.items() if value is not None}

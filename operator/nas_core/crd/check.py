"""What the API server would say of an object of ours, without one: unknown fields, types, bounds and rules.

Types and unknown fields follow from the same tree as the CRDs (`nas_core.crd.tree`), bounds and rules from the models:
a rule is checked here if it has a twin in Python (`Rule.broken_by`). Transition rules need an old object and are not.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from nas_core.api import GROUP, VERSION
from nas_core.api.base import ApiModel, RuleBroken
from nas_core.crd.explain import in_words
from nas_core.crd.resources import RESOURCES
from nas_core.crd.tree import Node, tree

Path = tuple[str | int, ...]
_API_VERSION = f"{GROUP}/{VERSION}"
_MODELS = {resource.kind: resource.model for resource in RESOURCES}
_TOP = ("apiVersion", "kind", "metadata", "spec", "status")
_METADATA = (
    *("annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences"),
    *("resourceVersion", "selfLink", "uid"),
)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SEARCH_NAME_LENGTH = 40
"""As the rule of NASSearch: names of Jobs and pods are made from it."""
_NAME_LENGTH = 253
_SHOWN = 80
"""Characters of a value in a message."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field, and what to write instead."""

    path: Path
    message: str

    @property
    def field(self) -> str:
        """The field as the API server writes it: ``spec.objectives[0].metric``."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path).lstrip(".")


def is_ours(manifest: Mapping[str, Any]) -> bool:
    """Whether an object is of the operator's API group, or meant to be: its kind is one of ours."""
    return str(manifest.get("apiVersion")).partition("/")[0] == GROUP or manifest.get("kind") in _MODELS


def check(manifest: Mapping[str, Any]) -> list[Fault]:
    """Return what the API server would refuse an object of ours for; nothing if it would take it.

    Like there, bounds and rules are looked at only when every field has the right type.
    """
    kind = manifest.get("kind")
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        return [Fault(("kind",), f"must be one of {', '.join(_MODELS)}, not {_shown(kind)}{_meant(kind, _MODELS)}")]
    found = [*_envelope(manifest)]
    if not isinstance(spec := manifest.get("spec"), dict):
        return [*found, Fault(("spec",), "is missing; write what is wanted there" if spec is None else _map(spec))]
    found += _shape(_spec_tree(model), spec, ("spec",))
    return found or [*_bounds_and_rules(_spec_model(model), spec)]


def _envelope(manifest: Mapping[str, Any]) -> Iterator[Fault]:
    """Look at all but the spec."""
    yield from _unknown(manifest, _TOP, ())
    if (version := manifest.get("apiVersion")) != _API_VERSION:
        yield Fault(("apiVersion",), f"must be {_API_VERSION}, not {_shown(version)}")
    if not isinstance(metadata := manifest.get("metadata"), dict):
        yield Fault(("metadata",), "is missing; give the object a name: metadata.name")
        return
    yield from _unknown(metadata, _METADATA, ("metadata",))
    name = metadata.get("name")
    most = _SEARCH_NAME_LENGTH if manifest["kind"] == "NASSearch" else _NAME_LENGTH
    if name is None and "generateName" not in metadata:
        yield Fault(("metadata", "name"), "is missing; give the object a name")
    elif name is not None and (not isinstance(name, str) or len(name) > most or not _NAME.fullmatch(name)):
        better = re.sub(r"[^a-z0-9]+", "-", str(name).lower())[:most].strip("-")
        remedy = f"; write {better}" if better else ""
        yield Fault(
            ("metadata", "name"),
            f"must be a DNS label of at most {most} characters (lower-case letters, digits, '-'), "
            f"not {_shown(name)}{remedy}",
        )


def _shape(node: Node, value: object, path: Path) -> Iterator[Fault]:
    """Look for unknown fields and wrong types. Null counts as absent."""
    if value is None:
        return
    if message := _wrong_type(node, value):
        yield Fault(path, message)
    elif isinstance(value, dict):
        if node.kind == "object":
            yield from _unknown(value, node.fields, path)
            for name, field in node.fields.items():
                yield from _shape(field.node, value.get(name), (*path, name))
        elif node.items is not None:
            # More would be refused anyhow; without a bound, aliases in YAML could make this long.
            for name, item in list(value.items())[: node.bounds.get("maxProperties")]:
                yield from _shape(node.items, item, (*path, name))
    elif isinstance(value, list) and node.items is not None:
        for place, item in enumerate(value[: node.bounds.get("maxItems")]):
            yield from _shape(node.items, item, (*path, place))


def _wrong_type(node: Node, value: object) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if node.marks.int_or_string:
        if isinstance(value, float):
            return f"a number with a fraction is written in quotes: '{value:.12g}'"
        return None if whole or isinstance(value, str) else f"must be a number or text, not {_shown(value)}"
    if node.enum:
        # YAML reads yes, no, on and off as true and false.
        if value in node.enum and isinstance(value, str):
            return None
        return f"must be one of {', '.join(node.enum)}, not {_shown(value)}{_meant(value, node.enum)}"
    match node.kind:
        case "object":
            names = ", ".join(list(node.fields)[:4])
            return None if isinstance(value, dict) else f"{_map(value)}, with fields such as {names}"
        case "map":
            return None if isinstance(value, dict) else _map(value)
        case "array":
            return None if isinstance(value, list) else f"must be a list ([…], or lines with '- '), not {_shown(value)}"
        case "integer":
            return None if whole else f"must be a whole number without quotes, not {_shown(value)}"
        case "number":
            right = whole or isinstance(value, float)
            return None if right else f"must be a number without quotes, not {_shown(value)}"
        case "boolean":
            return None if isinstance(value, bool) else f"must be true or false, not {_shown(value)}"
        case "date-time":
            return None
        case "string":
            return None if isinstance(value, str) else f"must be text; write it in quotes: '{_bare(value)}'"


def _unknown(value: Mapping[Any, object], known: Iterable[str], path: Path) -> Iterator[Fault]:
    names = list(known)
    for name in value:
        if name not in names:
            listed = _meant(name, names) or f"; the fields here are {', '.join(names)}"
            yield Fault((*path, str(name)), f"there is no such field{listed}")


def _meant(given: object, known: Iterable[str]) -> str:
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(given).lower()[:_SHOWN], by_lower, n=1)
    return f"; did you mean {by_lower[near[0]]}?" if near else ""


def _map(value: object) -> str:
    return f"must be a map (name: value), not {_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return "a map" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else repr(_bare(value)) if isinstance(value, str) else _bare(value)


def _bare(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else "…" if isinstance(value, (dict, list)) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _bounds_and_rules(model: type[ApiModel], spec: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        model.model_validate(spec)
    except ValidationError as invalid:
        for fault in invalid.errors():
            broken = fault.get("ctx", {}).get("error")
            field = broken.rule.field_path if isinstance(broken, RuleBroken) else None
            inside = tuple((field or "").split(".")[1:])
            yield Fault(("spec", *fault["loc"], *inside), in_words(fault))


def _spec_model(model: type[ApiModel]) -> type[ApiModel]:
    found = model.model_fields["spec"].annotation
    assert isinstance(found, type) and issubclass(found, ApiModel), "every kind has a spec that is a model"
    return found


@cache
def _spec_tree(model: type[ApiModel]) -> Node:
    return tree(model).fields["spec"].node

"""The reference page of the API: a table for each type, with what its fields mean and what their values must be."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nas_core.api import GROUP
from nas_core.api.base import ApiModel
from nas_core.crd.resources import RESOURCES
from nas_core.crd.tree import Field, Node, tree


def reference(notice: str) -> str:
    """Return the reference page: a table for each type, in the order in which a reader meets them."""
    parts = [f"# API reference: {GROUP}/v1alpha1\n", f"<!-- {notice} -->\n"]
    seen: set[type[ApiModel]] = set()
    for resource in RESOURCES:
        for node in types(tree(resource.model)):
            if node.model is not None and node.model not in seen:
                seen.add(node.model)
                parts.append(section(node))
    return "\n".join(parts)


def types(node: Node) -> Iterator[Node]:
    """Yield an object type and all below it."""
    if node.model is not None:
        yield node
    for field in node.fields.values():
        yield from types(field.node)
    if node.items is not None:
        yield from types(node.items)


def section(node: Node) -> str:
    """Return one type's heading, description, fields and rules."""
    assert node.model is not None, "only object types have a section"
    title = node.model.__name__
    lines = [f"## {title}\n", (node.model.__doc__ or "").strip() + "\n"]
    if node.fields:
        lines += ["| field | type | default | description |", "|---|---|---|---|"]
        lines += [row(name, field) for name, field in node.fields.items()]
        lines.append("")
    if node.rules:
        lines.append("Rules:\n")
        lines += [f"- {rule.message}" for rule in node.rules]
        lines.append("")
    return "\n".join(lines)


def row(name: str, field: Field) -> str:
    """Return a field's row."""
    default = "" if field.default in (None, [], {}, "") else f"`{json.dumps(field.default)}`"
    default = "required" if field.required else default
    cells = [f"`{name}`", type_name(field.node), default, describe(field.node)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def type_name(node: Node) -> str:
    """Return a type's name, linked if it has a section."""
    if node.model is not None:
        return f"[{node.model.__name__}](#{node.model.__name__.lower()})"
    if node.items is not None:
        return f"{'list' if node.kind == 'array' else 'map'} of {type_name(node.items)}"
    return "integer or string" if node.marks.int_or_string else node.kind


def describe(node: Node) -> str:
    """Return a field's description with what its value must be."""
    parts = [node.description.replace("\n", " "), *requirements(node)]
    if node.items is not None and node.items.model is None:
        parts += requirements(node.items)
    return " ".join(part for part in parts if part)


def requirements(node: Node) -> list[str]:
    """Return what a value must be, a sentence each."""
    parts = []
    if node.enum:
        parts.append("One of " + ", ".join(f"`{word}`" for word in node.enum) + ".")
    if node.marks.must:
        parts.append(f"Must be {node.marks.must}.")
    parts += [
        f"{word} {node.bounds[key]}."
        for key, word in (("minimum", "At least"), ("maximum", "At most"))
        if key in node.bounds
    ]
    return parts + [f"{rule.message[0].upper()}{rule.message[1:]}." for rule in node.marks.rules]

"""What pydantic finds wrong in a spec, said as the API server says it: field, value, what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from nas_core.crd.resources import RESOURCES
from nas_core.crd.tree import Node, tree


def explain(fault: Mapping[str, Any]) -> str:
    """Say what one of pydantic's errors (`ValidationError.errors`) finds wrong in a spec."""
    field = ".".join(str(part) for part in ("spec", *fault["loc"]))
    if fault["type"] == "value_error":
        # One of our own rules: its message says all, and the value is all of the object that it is about.
        return f"{field}: {fault['ctx']['error']}"
    if fault["type"] == "string_pattern_mismatch" and (must := _words().get(fault["ctx"]["pattern"])):
        return f'{field}: must be {must}, not "{fault["input"]}"'
    if fault["type"] == "too_short":
        return f"{field}: give at least {fault['ctx']['min_length']}, not {len(fault['input'])}, or leave the field out"
    given = "" if fault["type"] == "missing" else f", not {fault['input']!r}"
    return f"{field}: {fault['msg']}{given}"


@cache
def _words() -> Mapping[str, str]:
    """Return what the patterns of the API ask for, in words."""
    nodes = (node for resource in RESOURCES for node in _nodes(tree(resource.model)))
    return {node.bounds["pattern"]: node.marks.must for node in nodes if node.marks.must}


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for field in node.fields.values():
        yield from _nodes(field.node)
    if node.items is not None:
        yield from _nodes(node.items)

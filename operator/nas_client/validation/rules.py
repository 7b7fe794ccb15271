"""The CRDs' own rules (CEL), evaluated here by the library `cel`, with the functions that Kubernetes adds to CEL.

Reference: Kubernetes documentation, "Common Expression Language in Kubernetes", "CEL libraries".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import cel

from nas_client.validation.schema import Fault, Json, Key, Path
from nas_core.quantities import parse_quantity


def broken_rules(schema: Json, value: Any, path: Path) -> Iterator[Fault]:
    """Yield the rules that a value breaks, of the right types and with its defaults; inner values first.

    Rules about changes (`oldSelf`) need an old object, and are left out.
    """
    if isinstance(value, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, one in value.items():
            if name in fields:
                yield from broken_rules(fields[name], one, (*path, name))
            elif others is not None:
                yield from broken_rules(others, one, (*path, Key(name)))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from broken_rules(schema.get("items", {}), one, (*path, place))
    context = None
    for rule in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" in rule["rule"]:
            continue
        context = context or _context(value)
        if fault := _broken(rule, context):
            inside = rule.get("fieldPath", "").split(".")[1:]
            yield Fault((*path, *inside), fault)


def _broken(rule: Json, context: cel.Context) -> str | None:
    try:
        if _program(rule["rule"]).execute(context):
            return None
        if expression := rule.get("messageExpression"):
            return str(_program(expression).execute(context))
    except (ValueError, TypeError, RuntimeError, LookupError):
        # As the API server does: a rule that fails is broken, and a message that fails gives way to the fixed one.
        pass
    return str(rule.get("message", f"failed rule: {rule['rule']}"))


@cache
def _program(expression: str) -> Any:
    return cel.compile(expression)


def _context(value: Any) -> cel.Context:
    context = cel.Context()
    context.add_variable("self", value)
    for name, function in _FUNCTIONS.items():
        context.add_function(name, function)
    return context


def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text)
    except ValueError:
        return False
    return True


def _find(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "find": _find,
    "isQuantity": _is_quantity,
    # Compared alone, so a double is near enough.
    "quantity": lambda text: float(parse_quantity(text)),
    "isGreaterThan": lambda one, other: one > other,
    "isLessThan": lambda one, other: one < other,
    "compareTo": lambda one, other: (one > other) - (one < other),
    "lowerAscii": lambda text: text.lower(),
    "replace": lambda text, old, new: text.replace(old, new),
    "substring": _substring,
    "split": lambda text, between: text.split(between),
}

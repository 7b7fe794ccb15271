"""One value against the schema of its CRD: unknown fields, types, bounds; and the value with its defaults.

It does what the API server does with a structural schema, in its order (Kubernetes documentation, "Extend the
Kubernetes API with CustomResourceDefinitions": pruning, defaulting, validation). An unknown field is refused, as by
``kubectl apply``, and the message says which was meant.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Path = tuple[str | int, ...]
_SHOWN = 80
"""Characters of a value in a message."""


class Key(str):
    """A key of a map, in the path of a rule: ``limits[cpu]``."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field, and what to write instead."""

    path: Path
    message: str
    blocking: bool = True
    """Whether the API server looks at rules no more when it has found this."""

    @property
    def field(self) -> str:
        """The field as the API server writes it: ``spec.objectives[0].metric``."""
        return "".join(f"[{part}]" if isinstance(part, (int, Key)) else f".{part}" for part in self.path).lstrip(".")


def with_defaults(schema: Json, value: Any) -> Any:
    """Return a copy with the schema's defaults and without nulls; what has the wrong type stays as it is.

    Lists longer and maps larger than the schema allows are cut, as they are refused anyhow: aliases in YAML could make
    few characters very large.
    """
    if isinstance(value, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        held = list(value.items())[: schema.get("maxProperties", None)]
        found = {str(name): with_defaults(fields.get(name, others), one) for name, one in held if one is not None}
        for name, field in fields.items():
            if name not in found and "default" in field:
                found[name] = with_defaults(field, copy.deepcopy(field["default"]))
        return found
    if isinstance(value, list):
        return [with_defaults(schema.get("items", {}), one) for one in value[: schema.get("maxItems", None)]]
    return value


def faults(schema: Json, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what the schema, without its rules, refuses a value for. Null counts as absent."""
    if value is None:
        return
    if message := _wrong_type(schema, value) or _out_of_bounds(schema, value):
        yield Fault(path, message)
    elif isinstance(value, dict):
        yield from _fields(schema, value, path)
    elif isinstance(value, list):
        if len(value) < (least := schema.get("minItems", 0)):
            message = f"give at least {least}, not {len(value)}, or leave the field out"
            yield Fault(path, message, blocking=False)
        yield from _repeated_keys(schema, value, path)
        for place, item in enumerate(value):
            yield from faults(schema["items"], item, (*path, place))


def _fields(schema: Json, value: Mapping[Any, Any], path: Path) -> Iterator[Fault]:
    if (others := schema.get("additionalProperties")) is not None:
        for name, item in value.items():
            yield from faults(others, item, (*path, str(name)))
        return
    if path == ("metadata",) or schema.get("x-kubernetes-preserve-unknown-fields"):
        # They have no schema in a CRD: the API server knows them, some only when a Job is created.
        return
    fields = schema.get("properties", {})
    for name, item in value.items():
        if name in fields:
            yield from faults(fields[name], item, (*path, name))
        else:
            yield unknown(name, fields, path)
    for name in schema.get("required", ()):
        if value.get(name) is None:
            yield Fault((*path, name), "is required; add it")


def unknown(name: object, known: Iterable[str], path: Path) -> Fault:
    """Make the fault of a field that is not there."""
    names = list(known)
    there = f"; the fields here are {', '.join(names)}" if names else "; there are none here: write {}"
    listed = _meant(name, names) or there
    return Fault((*path, str(name)), f"there is no such field{listed}")


def _wrong_type(schema: Json, value: object) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if "x-kubernetes-int-or-string" in schema:
        if isinstance(value, float):
            return f"a number with a fraction is written in quotes: '{value:.12g}'"
        return None if whole or isinstance(value, str) else f"must be a whole number or text, not {shown(value)}"
    match schema.get("type"):
        case "object":
            names = ", ".join(list(schema.get("properties", {}))[:4])
            such = f", with fields such as {names}" if names else ""
            return None if isinstance(value, dict) else f"must be a map (name: value){such}; not {shown(value)}"
        case "array":
            return None if isinstance(value, list) else f"must be a list, [one, two]; not {shown(value)}"
        case "integer":
            return None if whole else f"must be a whole number without quotes, not {shown(value)}"
        case "number":
            right = whole or isinstance(value, float)
            return None if right else f"must be a number without quotes, not {shown(value)}"
        case "boolean":
            return None if isinstance(value, bool) else f"must be true or false, not {shown(value)}"
        case "string" if schema.get("format") != "date-time" and not isinstance(value, str):
            # YAML reads 1, yes and 2024-01-01 as something else than text.
            return f"must be text, not {shown(value)}" + ("; write it in quotes" if whole else "")
    return None


def _out_of_bounds(schema: Json, value: Any) -> str | None:
    if (words := schema.get("enum")) and value not in words:
        return f"must be one of {', '.join(words)}, not {shown(value)}{_meant(value, words)}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            return f"must be greater than or equal to {schema['minimum']}, not {value}"
        if value > schema.get("maximum", value):
            return f"must be less than or equal to {schema['maximum']}, not {value}"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            return f"must have at least {schema['minLength']} characters, not {len(value)}"
        if len(value) > schema.get("maxLength", len(value)):
            return f"must have at most {schema['maxLength']} characters, not {len(value)}"
        if (pattern := schema.get("pattern")) and not re.search(pattern, value):
            return f"must match {pattern}, not {shown(value)}"
    if isinstance(value, (list, dict)):
        most = schema.get("maxItems" if isinstance(value, list) else "maxProperties", len(value))
        if len(value) > most:
            return f"must have at most {most} items, not {len(value)}"
    return None


def _repeated_keys(schema: Json, items: list[Any], path: Path) -> Iterator[Fault]:
    keys = schema.get("x-kubernetes-list-map-keys", ())
    seen: list[object] = []
    for place, item in enumerate(items if keys else ()):
        if not isinstance(item, dict):
            # Its type is wrong, which is said elsewhere.
            continue
        key = tuple(item.get(name) for name in keys)
        if key in seen:
            yield Fault((*path, place), f"{' and '.join(keys)} {shown(key[0])} is there twice; remove one")
        seen.append(key)


def _meant(given: object, known: Iterable[str]) -> str:
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(given).lower()[:_SHOWN], by_lower, n=1)
    return f"; did you mean {by_lower[near[0]]}?" if near else ""


def shown(value: object) -> str:
    """Return a value as text for a message, cut to a line."""
    if isinstance(value, (dict, list)):
        return "a map" if isinstance(value, dict) else "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f'"{text}"' if isinstance(value, str) else text

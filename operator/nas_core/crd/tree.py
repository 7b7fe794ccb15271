"""Reads the pydantic models into a plain tree, from which everything generated is rendered.

Flow: models -> :func:`tree` -> CRDs (`nas_core.crd.schema`), and in ``dev/`` the editors' JSON schema and the reference
page. Pydantic's own JSON schema cannot be used for that: its ``$ref``, ``anyOf`` with null and numeric
``exclusiveMinimum`` are not structural (Kubernetes documentation, "Specifying a structural schema").
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from nas_core.api.base import ApiModel, Marks, Rule

_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", datetime: "date-time"}


TypeName = Literal["string", "date-time", "integer", "number", "boolean", "object", "array", "map"]


@dataclass(frozen=True)
class Node:
    """One value of the API: a scalar, an object with known fields, an array or a map.

    ``bounds`` uses JSON schema's words: minimum, maximum, minLength, maxLength, pattern, minItems, maxItems,
    maxProperties. ``items`` is what an array or a map holds.
    """

    kind: TypeName
    description: str = ""
    model: type[ApiModel] | None = None
    fields: dict[str, Field] = field(default_factory=dict)
    items: Node | None = None
    enum: tuple[str, ...] = ()
    bounds: dict[str, Any] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Field:
    """A field of an object. ``default`` is in JSON form and None where there is none."""

    node: Node
    required: bool
    default: Any = None


def tree(model: type[ApiModel], description: str = "") -> Node:
    """Read a model into a tree.

    Raises:
        TypeError: if a field's type or bound has no form in a structural schema; the message names the field.
    """
    fields = {}
    for name, info in model.model_fields.items():
        try:
            node = _node(info.annotation, info.metadata, _marks(info), info.description or "")
        except TypeError as error:
            raise TypeError(f"{model.__name__}.{name}: {error}") from None
        fields[info.alias or name] = Field(node, info.is_required(), _default(info))
    return Node(
        "object", description or inspect.getdoc(model) or "", model=model, fields=fields, rules=model.all_rules()
    )


def _node(annotation: Any, metadata: Sequence[Any], marks: Marks, description: str) -> Node:
    annotation, metadata, marks = _unwrap(annotation, list(metadata), marks)
    if inspect.isclass(annotation) and issubclass(annotation, ApiModel):
        return replace(tree(annotation, description), marks=marks)
    bounds = _bounds(metadata)
    if inspect.isclass(annotation) and issubclass(annotation, StrEnum):
        return Node("string", description, enum=tuple(map(str, annotation)), marks=marks, rules=marks.rules)
    if annotation in _SCALARS:
        return Node(_SCALARS[annotation], description, bounds=bounds, marks=marks, rules=marks.rules)  # type: ignore[arg-type]
    match get_origin(annotation), get_args(annotation):
        case origin, words if origin is Literal and all(isinstance(word, str) for word in words):
            return Node("string", description, enum=words, marks=marks, rules=marks.rules)
        case origin, (item,) if origin is list:
            # Pydantic has one length for strings and lists, JSON schema a word for each.
            bounds = {key.replace("Length", "Items"): bound for key, bound in bounds.items()}
            return Node("array", description, items=_item(item), bounds=bounds, marks=marks, rules=marks.rules)
        case origin, _ if origin is dict and marks.preserved:
            return Node("object", description, marks=marks, rules=marks.rules)
        case origin, (key, item) if origin is dict and key is str:
            bounds = {"maxProperties": marks.max_properties} if marks.max_properties is not None else {}
            return Node("map", description, items=_item(item), bounds=bounds, marks=marks, rules=marks.rules)
    raise TypeError(f"{annotation} has no form in a structural schema")


def _item(annotation: Any) -> Node:
    return _node(annotation, (), Marks(), "")


def _unwrap(annotation: Any, metadata: list[Any], marks: Marks) -> tuple[Any, list[Any], Marks]:
    """Take off ``| None`` and ``Annotated``, collecting bounds and marks on the way. The outermost marks win."""
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType):
            present = [argument for argument in arguments if argument is not type(None)]
            if len(present) != 1:
                raise TypeError(f"{annotation} is a union of more than one type")
            annotation = present[0]
        elif origin is Annotated:
            annotation = arguments[0]
            for extra in arguments[1:]:
                if isinstance(extra, BeforeValidator):
                    continue
                if not isinstance(extra, FieldInfo):
                    raise TypeError(f"{extra!r} is not understood")
                metadata += extra.metadata
                marks = marks if marks != Marks() else _marks(extra)
        else:
            return annotation, metadata, marks


def _marks(info: FieldInfo) -> Marks:
    extra = info.json_schema_extra
    marks = extra.get("k8s") if isinstance(extra, dict) else None
    return marks if isinstance(marks, Marks) else Marks()


def _bounds(metadata: Sequence[Any]) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    for bound in metadata:
        match bound:
            case Ge(ge=value):
                bounds["minimum"] = value
            case Le(le=value):
                bounds["maximum"] = value
            case MinLen(min_length=value):
                bounds["minLength"] = value
            case MaxLen(max_length=value):
                bounds["maxLength"] = value
            case _ if (pattern := getattr(bound, "pattern", None)) is not None:
                bounds["pattern"] = pattern
            # It is for reading in Python; the schema says it by the mark int_or_string.
            case BeforeValidator():
                pass
            case _:
                raise TypeError(f"{bound!r} has no form in a structural schema")
    return bounds


def _default(info: FieldInfo) -> Any:
    """Return the JSON form of a field's default. Of a model only what was set: its fields have their own."""
    default = None if info.is_required() or _marks(info).chosen else info.default
    if isinstance(default, BaseModel):
        return default.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(default, StrEnum):
        return str(default)
    if isinstance(default, list):
        return [item.to_dict() if isinstance(item, ApiModel) else item for item in default]
    return default

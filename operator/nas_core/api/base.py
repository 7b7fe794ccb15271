"""What every API model shares: camelCase names, rules carried beside the fields, Kubernetes' condition type.

The generators (`nas_core.crd.tree`, then `nas_core.crd.schema`) read pydantic's own field information (type, default,
description, bounds), and what pydantic does not have: the marks of :func:`k8s` on a field or on an ``Annotated`` type,
and the class variable `rules` of a model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

ACRONYMS = frozenset(
    {"api", "arn", "ca", "cpu", "gpu", "http", "id", "ip", "onnx", "s3", "tls", "ttl", "uid", "uri", "url"}
)


def api_name(field: str) -> str:
    """Return a field's name in the API: ``image_id`` is ``imageID``, but ``gpu_seconds`` is ``gpuSeconds``.

    Acronyms keep one case, lower at the beginning (Kubernetes API conventions, "Naming conventions").
    """
    first, *others = field.split("_")
    return first + "".join(word.upper() if word in ACRONYMS else word.capitalize() for word in others)


@dataclass(frozen=True)
class Rule:
    """One rule (`x-kubernetes-validations`) and the message that tells the user the remedy.

    The API server checks the CEL in ``rule``. ``message_expression`` is CEL for the message, for rules that must name
    the offending value. Without an API server the model checks ``broken_by``, the same rule in Python: given the model
    it returns what breaks the rule, or None.
    """

    rule: str
    message: str
    message_expression: str | None = None
    field_path: str | None = None
    broken_by: Callable[[Any], str | None] | None = None


class ApiModel(BaseModel):
    """Base of all API types. Unknown fields are ignored: the API server prunes them, and newer versions only add."""

    # Frozen, because looks and threads share the objects that are read from the cluster.
    model_config = ConfigDict(alias_generator=api_name, populate_by_name=True, extra="ignore", frozen=True)

    rules: ClassVar[tuple[Rule, ...]] = ()

    @classmethod
    def all_rules(cls) -> tuple[Rule, ...]:
        """Return the rules that are written out, and in subclasses those that follow from the fields."""
        return cls.rules

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        for rule in self.all_rules():
            if rule.broken_by is not None and (what := rule.broken_by(self)) is not None:
                raise ValueError(f"{rule.message} (found: {what})")
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form with the names of the API (camelCase), without absent fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass(frozen=True)
class Marks:
    """The marks that :func:`k8s` puts on a field or type."""

    rules: tuple[Rule, ...] = ()
    """CEL rules on the value itself."""
    map_keys: tuple[str, ...] = ()
    """Makes a list ``x-kubernetes-list-type: map`` with these keys; any other list is atomic."""
    max_properties: int | None = None
    """Entries a map may have."""
    int_or_string: bool = False
    """Numbers need no quotes in YAML; the model holds their text."""
    chosen: bool = False
    """The operator chooses the value (`nas_plan.defaults`), so the schema has no default; the model's is where nothing
    is known."""
    preserved: bool = False
    """The object is one of Kubernetes' large ones: its fields are not in the schema, and are checked when a Job is
    created."""
    copied: bool = False
    """The object is a copy of one in the spec, where its fields are described: a CRD has little room to do it twice."""
    must: str | None = None
    """What the pattern asks for, in words that follow "must be": users see this instead of a regular expression."""


def k8s(**marks: Any) -> dict[str, Any]:
    """Mark a field for the generators; the arguments are the fields of :class:`Marks`.

    Use as ``Field(..., json_schema_extra=k8s(map_keys=("metric",)))``.
    """
    return {"k8s": Marks(**marks)}


def _as_text(value: object) -> object:
    """Turn a whole number into its text; one with a fraction has to be text already, as in the API server."""
    if isinstance(value, float):
        raise ValueError(f"a number with a fraction is written in quotes: '{value:.12g}'")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


NUMBER_AS_TEXT = BeforeValidator(_as_text)
"""Of all fields that are marked `int_or_string`. Kubernetes' API conventions have no floats in specs: they do not come
back the way they were written from every client, and candidates, hashes and seeds depend on the text."""


# At most two digits of exponent: every such number fits a double, in CEL and in Python.
_DECIMAL = r"[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?$"
DECIMAL_PATTERN = "^-?" + _DECIMAL
UNSIGNED_PATTERN = "^" + _DECIMAL
# Units fall and the first number is not 0, so no duration is 0; the bounds on digits keep a sum within a timedelta.
_LESS = ("([0-9]{1,6}h)?", "([0-9]{1,6}m)?", "([0-9]{1,6}s)?")
DURATION_PATTERN = (
    f"^([1-9][0-9]{{0,3}}d{''.join(_LESS)}|[1-9][0-9]{{0,5}}h{''.join(_LESS[1:])}"
    f"|[1-9][0-9]{{0,5}}m{''.join(_LESS[2:])}|[1-9][0-9]{{0,5}}s)$"
)


def parse_duration(text: str) -> timedelta:
    """Turn Kubernetes' duration notation (``1h30m``, ``45s``) into a timedelta; days are understood too (``2d``).

    Raises:
        ValueError: if the text is empty or not of that form.
    """
    units = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
    seconds, number = 0, ""
    for character in text:
        if character.isdigit():
            number += character
        elif character in units and number:
            seconds, number = seconds + int(number) * units[character], ""
        else:
            raise ValueError(f"duration {text!r} is not of the form 2d, 1h30m, 45m or 90s")
    if number or not text:
        raise ValueError(f"duration {text!r} is not of the form 2d, 1h30m, 45m or 90s")
    return timedelta(seconds=seconds)


class Condition(ApiModel):
    """`metav1.Condition` (Kubernetes API conventions, "Typical status properties")."""

    type: str = Field(description="Kind of condition, for example Succeeded.", max_length=64)
    status: Literal["True", "False", "Unknown"] = Field(description="Whether the condition holds.")
    reason: str = Field(description="Why, in one PascalCase word, for programs.", max_length=128)
    message: str = Field(default="", description="Why, and what to do about it, for people.", max_length=2048)
    last_transition_time: datetime = Field(description="When the status last changed.")
    observed_generation: int | None = Field(
        default=None, description="Generation of the spec that this condition is about."
    )

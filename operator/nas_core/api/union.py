"""Unions: types where the member that is set says which of several things is meant, ``strategy: {bayesian: {…}}``.

All unions of the API have this form. Each member is a field marked `MEMBER`: absent when it is not chosen, ``{}`` when
it has no settings. Fields that mean the same for every member are beside the members.
Reference: KEP-1027, "API unions".
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from nas_core.api.base import ApiModel, Rule

MEMBER: dict[str, Any] = {"member": True}
"""Marks a field as a member: ``Field(default=None, json_schema_extra=MEMBER)``, or ``k8s(...) | MEMBER``."""


class Union(ApiModel):
    """Exactly one of the members is set, or none if the union has a ``default``."""

    default: ClassVar[str | None] = None
    """What no member at all means, in words; None: one has to be set."""

    @classmethod
    def members(cls) -> dict[str, str]:
        """Return the members' names in the API by the names of their fields, in the order of the fields."""
        return _members(cls)

    @property
    def member(self) -> str | None:
        """The name in the API of the member that is set; None if none is."""
        return next((name for field, name in self.members().items() if getattr(self, field) is not None), None)

    @classmethod
    def all_rules(cls) -> tuple[Rule, ...]:
        """Return the rule of the members, made from the fields, before those that are written out."""
        return _union_rule(cls), *cls.rules


@cache
def _members(model: type[Union]) -> dict[str, str]:
    return {
        name: info.alias or name
        for name, info in model.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("member")
    }


@cache
def _union_rule(model: type[Union]) -> Rule:
    fields, names = list(model.members()), list(model.members().values())
    some = f"[{', '.join(f'has(self.{name})' for name in names)}].filter(member, member).size()"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    if model.default is None:
        rule, message, least = f"{some} == 1", f"set exactly one of {listed}", 1
    else:
        rule, message, least = f"{some} <= 1", f"set at most one of {listed}; without any it is {model.default}", 0

    def broken_by(held: Union) -> str | None:
        found = [name for field, name in zip(fields, names, strict=True) if getattr(held, field) is not None]
        return None if least <= len(found) <= 1 else " and ".join(found) or "none"

    # Of a list's items the one is named, where they have names.
    named = "name" in model.model_fields and model.model_fields["name"].is_required()
    which = f"'{message} for ' + self.name" if named else f"'{message}'"
    # One part a member, added up: the API server cannot bound the cost of joining a list.
    found = " + ".join(f"(has(self.{name}) ? ' {name}' : '')" for name in names)
    none = f"({' || '.join(f'has(self.{name})' for name in names)} ? '' : ' none')"
    return Rule(rule, message, message_expression=f"{which} + '; found:' + {found} + {none}", broken_by=broken_by)

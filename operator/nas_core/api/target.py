"""`spec.targets` of a search: several devices or limits, each with a best architecture of its own."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.strategy import Constraint

MOST_TARGETS = 16
# What is left of an object's name beside that of a model and its version.
TargetName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=20,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        json_schema_extra=k8s(
            must="a label of at most 20 characters, lower-case letters, digits and '-', beginning and ending with a "
            "letter or digit"
        ),
    ),
]


class Target(ApiModel):
    """Limits for which the search finds a best architecture."""

    rules: ClassVar = (
        Rule(
            "self.constraints == oldSelf.constraints",
            "the limits of a target cannot change: its candidates were chosen by them; add a target of another name",
            field_path=".constraints",
        ),
    )

    name: TargetName = Field(description="Name of the target, such as phone.")
    constraints: list[Constraint] = Field(
        min_length=1,
        max_length=8,
        json_schema_extra=k8s(map_keys=("metric",)),
        description="Its limits on metrics; those of spec.constraints count as well.",
    )


def target_model(model: str, target: str) -> str:
    """Return the name of the model that is made of the best of a target."""
    return f"{model}-{target}"

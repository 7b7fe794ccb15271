"""A decision in YAML: of a user's own space, or a hyperparameter. `nas_core.spaces.decisions` has the decisions."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from nas_core.api.base import DECIMAL_PATTERN, NUMBER_AS_TEXT, ApiModel, Rule, k8s
from nas_core.api.union import MEMBER, Union

DecisionName = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$",
        json_schema_extra=k8s(must="words of letters, digits, '_' and '-' joined by '.', such as stage1.kernel"),
    ),
]
Word = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z0-9_.+-]+$",
        json_schema_extra=k8s(int_or_string=True, must="made of letters, digits and the characters _ . + -"),
    ),
]
# Without '+', which joins the members of a subset, and not '-' alone, which stands for the empty one.
Member = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z0-9_.-]*[A-Za-z0-9_.][A-Za-z0-9_.-]*$",
        json_schema_extra=k8s(must="made of letters, digits and the characters _ . -, not '-' alone"),
    ),
]
Number = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=16,
        pattern=DECIMAL_PATTERN,
        json_schema_extra=k8s(int_or_string=True, must="a number, such as 1, '0.5' or '1e-3'"),
    ),
]


class IntegerRange(ApiModel):
    """Whole numbers."""

    rules: ClassVar = (
        Rule(
            "self.min <= self.max",
            "min must not exceed max",
            field_path=".min",
        ),
        Rule(
            "!self.log || self.min >= 1",
            "a logarithmic range begins at 1 or more; raise min or remove log",
            field_path=".min",
        ),
    )

    min: int = Field(ge=-1_000_000, le=1_000_000_000, description="The least.")
    max: int = Field(ge=-1_000_000, le=1_000_000_000, description="The greatest.")
    step: int = Field(default=1, ge=1, le=1_000_000, description="Distance between neighbouring values.")
    log: bool = Field(default=False, description="Draw uniformly in the logarithm.")


class RealRange(ApiModel):
    """Real numbers, written with four significant digits."""

    rules: ClassVar = (
        Rule(
            "double(string(self.min)) < double(string(self.max))",
            "min must be less than max",
            message_expression="'min (' + string(self.min) + ') must be less than max (' + string(self.max) + ')'",
            field_path=".min",
        ),
        Rule(
            "!self.log || double(string(self.min)) > 0.0",
            "a logarithmic range begins above 0; raise min or remove log",
            field_path=".min",
        ),
    )

    min: Number = Field(description="The least, as a string.")
    max: Number = Field(description="The greatest, as a string.")
    log: bool = Field(default=False, description="Draw uniformly in the logarithm: right for learning rates.")


class SubsetOf(ApiModel):
    """A subset of members, without an order; written a+c."""

    members: list[Member] = Field(min_length=1, max_length=16, description="The members to choose from.")
    min: int = Field(default=0, ge=0, le=16, description="The smallest number of members.")
    max: int | None = Field(default=None, ge=1, le=16, description="The largest number of members; default: all.")


class Condition(ApiModel):
    """A condition on another decision, which is listed before this one."""

    decision: DecisionName = Field(description="Name of the other decision.")
    values: list[Word] = Field(
        min_length=1, max_length=64, description="Values of the other decision with which this one applies."
    )


class DecisionSpec(Union):
    """A decision: exactly one of choice, integer, real and subset."""

    name: DecisionName = Field(description="Name; dots group decisions that belong together.")
    choice: list[Word] | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        json_schema_extra=MEMBER,
        description="One of these values, which have no order.",
    )
    integer: IntegerRange | None = Field(default=None, json_schema_extra=MEMBER, description="A whole number.")
    real: RealRange | None = Field(default=None, json_schema_extra=MEMBER, description="A real number.")
    subset: SubsetOf | None = Field(default=None, json_schema_extra=MEMBER, description="A subset of members.")
    when: Condition | None = Field(default=None, description="The decision applies only while this holds.")

"""Values that several fields of the API share: names of metrics, numbers as text, durations, quantities."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_core.api.base import (
    DECIMAL_PATTERN,
    DURATION_PATTERN,
    NUMBER_AS_TEXT,
    UNSIGNED_PATTERN,
    ApiModel,
    Rule,
    k8s,
)

TEXT_LENGTH = 1024
"""Characters that an architecture may take as text, with its hyperparameters."""

MetricName = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$",
        json_schema_extra=k8s(
            must="a metric's name: letters, digits and '_', not beginning with a digit, such as val_accuracy"
        ),
    ),
]


ProxyName = Literal[
    "epe_nas",
    "fisher",
    "flops",
    "grad_norm",
    "grasp",
    "jacob_cov",
    "naswot",
    "params",
    "snip",
    "synflow",
    "zen",
]
"""Zero-cost proxies of the trainer (`nas_trial.proxies`); a score is reported as the metric ``proxy_<name>``."""

PROXY_PREFIX = "proxy_"

RandomCandidates = Annotated[
    int | None,
    Field(
        ge=0,
        le=1000,
        description=(
            "Random ones of the scored candidates that are trained before the best: their results tell whether scores "
            "are worth anything. Default: 5, but at most half of budget.maxTrials. 0: the scores are trusted at first."
        ),
    ),
]

ExportFormat = Literal["onnx", "torchExport", "int8Onnx"]
"""Formats in which the trainer writes a network for other programs (`nas_trial.exporting`)."""


Limit = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=32,
        pattern=DECIMAL_PATTERN,
        json_schema_extra=k8s(int_or_string=True, must="a number, one with a fraction in quotes such as '0.5'"),
    ),
]


NonNegative = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=32,
        pattern=UNSIGNED_PATTERN,
        json_schema_extra=k8s(int_or_string=True, must="a number of at least 0, such as 1, '0.05' or '1e-3'"),
    ),
]


# A pattern can say "above 0" only by a digit that is not 0: somewhere after the point, or the first before it.
Positive = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=32,
        pattern=r"^[0-9]{0,9}(\.[0-9]*[1-9][0-9]*|[1-9][0-9]{0,8}(\.[0-9]+)?)$",
        json_schema_extra=k8s(int_or_string=True, must="a number above 0, such as 2 or '0.5'"),
    ),
]


Fraction = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=32,
        pattern=r"^0?\.[0-9]*[1-9][0-9]*$",
        json_schema_extra=k8s(
            int_or_string=True, must="a number between 0 and 1, both excluded, in quotes such as '0.2'"
        ),
    ),
]


Duration = Annotated[
    str,
    Field(
        max_length=32,
        pattern=DURATION_PATTERN,
        json_schema_extra=k8s(
            must="a duration longer than 0 in days, hours, minutes and seconds, such as 2d, 1h30m, 45m or 90s"
        ),
    ),
]


QUANTITY_RULES = (
    Rule(
        "isQuantity(string(self)) && !quantity(string(self)).isLessThan(quantity('0'))",
        "must be a Kubernetes quantity of at least 0, such as 2, 500m or 4Gi",
        message_expression=(
            "'must be a Kubernetes quantity of at least 0, such as 2, 500m or 4Gi, not ' + string(self)"
        ),
    ),
)

Quantity = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(max_length=32, json_schema_extra=k8s(int_or_string=True, rules=QUANTITY_RULES)),
]
"""A Kubernetes quantity of at least 0."""


LABEL_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
"""Of a label's key the part after the `/`: at most 63 characters (Kubernetes documentation, "Labels and Selectors")."""
LABEL_PREFIX = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*"
"""The part before it: a DNS name."""
LABEL_KEY = f"^({LABEL_PREFIX}/)?{LABEL_NAME}$"
# A DNS subdomain (RFC 1123), the slash, the name.
LABEL_KEY_LENGTH = 253 + 1 + 63

LabelValue = Annotated[
    str,
    Field(
        max_length=63,
        pattern=f"^({LABEL_NAME})?$",
        json_schema_extra=k8s(
            must="a label's value: letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
        ),
    ),
]


# A DNS subdomain (RFC 1123), as most names of objects are.
ObjectName = Annotated[
    str,
    Field(
        max_length=253,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        json_schema_extra=k8s(must="an object's name: lower-case letters, digits, '-' and '.'"),
    ),
]


# RFC 1123, as the names of a pod's parts are; shorter, since the operator puts a word before some of them.
DnsLabel = Annotated[
    str,
    Field(
        max_length=48,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        json_schema_extra=k8s(must="made of lower-case letters, digits and '-', such as gpu-1"),
    ),
]


class LocalObjectReference(ApiModel):
    """An object in the namespace of the search."""

    name: ObjectName = Field(description="Name of the object.")


def each_once(what: str) -> Rule:
    """Make the rule that no value of a list is there twice; ``what`` names one."""
    return Rule("self.all(x, self.exists_one(y, y == x))", f"name each {what} once; remove the repeated one")

"""Where a trial's pod runs, in `spec.trialTemplate`: what it tolerates, and what it wants to be near to or far from.

Affinity and label selectors are Kubernetes' own structures, too large to be written out in the CRD. They are bounded
here, and the API server checks them when a Job is created: what it denies is in the search's condition.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.types import LABEL_KEY, LABEL_KEY_LENGTH, LabelValue

KEY_WORDS = "a label's key, with or without a domain before it, such as gpu or example.org/gpu"
PRESERVED_LIMIT = 8192
"""Bytes that one of Kubernetes' structures may have as JSON: every Job of the search has it."""


def _bounded(held: object) -> object:
    if (size := len(json.dumps(held, separators=(",", ":")))) > PRESERVED_LIMIT:
        raise ValueError(f"has {size:,} bytes as JSON, and may have {PRESERVED_LIMIT:,}; write fewer terms")
    return held


Preserved = Annotated[dict[str, Any], BeforeValidator(_bounded), Field(json_schema_extra=k8s(preserved=True))]
"""A structure of Kubernetes that is passed on as it is."""


class Toleration(ApiModel):
    """`core/v1` Toleration."""

    rules: ClassVar = (
        Rule(
            # These are Kubernetes' own (ValidateTolerations): a toleration that breaks one would have every Job denied.
            "(has(self.key) && self.key != '') || (has(self.operator) && self.operator == 'Exists')",
            "without a key the operator must be Exists, which tolerates every taint; set key, or operator: Exists",
            field_path=".operator",
            broken_by=lambda held: None if held.key or held.operator == "Exists" else held.operator or "no operator",
        ),
        Rule(
            "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || self.value == ''",
            "operator Exists takes any value; remove value, or set operator: Equal",
            message_expression=(
                "'operator Exists takes any value; remove value (' + self.value + '), or set operator: Equal'"
            ),
            field_path=".value",
            broken_by=lambda held: (held.value or None) if held.operator == "Exists" else None,
        ),
        Rule(
            "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
            "tolerationSeconds is for the effect NoExecute alone; remove it, or set effect: NoExecute",
            field_path=".tolerationSeconds",
            broken_by=lambda held: (
                None if held.toleration_seconds is None or held.effect == "NoExecute" else held.effect or "no effect"
            ),
        ),
    )

    key: str | None = Field(
        default=None,
        max_length=LABEL_KEY_LENGTH,
        pattern=f"^$|{LABEL_KEY}",
        json_schema_extra=k8s(must=KEY_WORDS),
        description="Taint key; empty with operator Exists matches all.",
    )
    operator: Literal["Exists", "Equal"] | None = Field(default=None, description="How the key relates to the value.")
    value: LabelValue | None = Field(default=None, description="Taint value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Taint effect."
    )
    toleration_seconds: int | None = Field(
        default=None, ge=0, le=2**31 - 1, description="How long NoExecute is tolerated, in seconds."
    )


class Affinity(ApiModel):
    """`core/v1` Affinity: each part is as in a Pod."""

    node_affinity: Preserved | None = Field(default=None, description="Nodes by their labels.")
    pod_affinity: Preserved | None = Field(default=None, description="Pods to run near to.")
    pod_anti_affinity: Preserved | None = Field(default=None, description="Pods to run away from.")


class TopologySpread(ApiModel):
    """`core/v1` TopologySpreadConstraint."""

    rules: ClassVar = (
        Rule(
            # As Kubernetes' own (validateMinDomains): every Job would be denied.
            "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
            "minDomains is for DoNotSchedule alone; remove it, or set whenUnsatisfiable: DoNotSchedule",
            field_path=".minDomains",
            broken_by=lambda held: (
                None if held.min_domains is None or held.when_unsatisfiable == "DoNotSchedule" else "ScheduleAnyway"
            ),
        ),
    )

    max_skew: int = Field(default=1, ge=1, le=1000, description="Most pods that one part may have more than another.")
    topology_key: str = Field(
        max_length=LABEL_KEY_LENGTH,
        pattern=LABEL_KEY,
        json_schema_extra=k8s(must=KEY_WORDS),
        description="Label of the nodes that says which part a node is in.",
    )
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"] = Field(
        default="DoNotSchedule", description="What happens to a pod that would break it."
    )
    min_domains: int | None = Field(default=None, ge=1, le=10_000, description="Least parts; with DoNotSchedule alone.")
    label_selector: Preserved | None = Field(
        default=None, description="Pods that are counted; default: those of the search's trials."
    )

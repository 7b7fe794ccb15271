"""`spec.trialTemplate` of a search: the pod of a trial."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.resources import Resources
from nas_core.api.types import LABEL_KEY, LABEL_KEY_LENGTH, LabelValue, LocalObjectReference, ObjectName

_HOST = r"([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)"
_PART = r"[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
IMAGE = (
    rf"^({_HOST}(\.{_HOST})*(:[0-9]+)?/)?{_PART}(/{_PART})*"
    r"(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
"""Source: `distribution/reference`, whose grammar kubelet checks names by."""
KEY_WORDS = "a label's key, with or without a domain before it, such as gpu or example.org/gpu"
_KEY = f"name.matches(r'{LABEL_KEY}')"


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


class EnvVar(ApiModel):
    """A plain environment variable, not for secrets: the operator sets the keys of the storage Secret."""

    name: str = Field(
        max_length=253,
        pattern=r"^([-_a-zA-Z]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$",
        json_schema_extra=k8s(
            must="a variable's name: letters, digits, '-', '_' and '.', not beginning with a digit or '..'",
            rules=(
                Rule(
                    "!self.startsWith('NAS_') && !self.startsWith('AWS_')",
                    "names beginning with NAS_ or AWS_ belong to the operator; use another name",
                    message_expression=(
                        "'names beginning with NAS_ or AWS_ belong to the operator; use another name than ' + self"
                    ),
                ),
            ),
        ),
        description="Name of the variable.",
    )
    value: str = Field(default="", max_length=4096, description="Its value.")


class TrialTemplate(ApiModel):
    """The pod of a trial. Where and how it runs may change while the search runs; what it runs may not."""

    rules: ClassVar = (
        Rule(
            f"!has(self.nodeSelector) || self.nodeSelector.all(name, {_KEY})",
            f"a key of nodeSelector must be {KEY_WORDS}",
            message_expression=(
                f"self.nodeSelector.filter(name, !{_KEY})[0] + ': a key of nodeSelector must be "
                + KEY_WORDS.replace("'", "\\'")
                + "'"
            ),
            field_path=".nodeSelector",
            broken_by=lambda held: next((name for name in held.node_selector if not re.match(LABEL_KEY, name)), None),
        ),
    )

    @property
    def ready_made(self) -> bool:
        """Whether trials run the trainer that the operator was installed with, not one of the user's own."""
        return self.image is None and self.command is None

    image: str | None = Field(
        default=None,
        max_length=512,
        pattern=IMAGE,
        json_schema_extra=k8s(
            must="the name of an image in small letters, with tag or digest, such as example.org/team/trainer:1"
        ),
        description="Image of the trainer; default: the one the operator was installed with.",
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        default=None, description="As in a Pod."
    )
    image_pull_secrets: list[LocalObjectReference] = Field(
        default=[], max_length=8, description="Secrets for pulling the image."
    )
    command: list[Annotated[str, Field(max_length=4096)]] | None = Field(
        default=None, max_length=64, description="Entrypoint; default: the image's. No shell is used."
    )
    args: list[Annotated[str, Field(max_length=4096)]] | None = Field(
        default=None, max_length=64, description="Arguments of the entrypoint."
    )
    env: list[EnvVar] = Field(
        default=[],
        max_length=64,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Environment variables.",
    )
    resources: Resources = Field(default=Resources(), description="Requests and limits.")
    data_cache_claim: ObjectName | None = Field(
        default=None,
        description=(
            "PersistentVolumeClaim that keeps the downloaded data, so that each node or cluster downloads "
            "them once. Default: every trial downloads them."
        ),
    )
    node_selector: dict[str, LabelValue] = Field(
        default={}, json_schema_extra=k8s(max_properties=16), description="Labels a node must have."
    )
    tolerations: list[Toleration] = Field(default=[], max_length=16, description="Taints that are tolerated.")
    max_attempts: int = Field(
        default=3,
        ge=1,
        le=16,
        description="Attempts of a trial that crashes. Preemption and suspension do not count.",
    )
    termination_grace_period_seconds: int = Field(
        default=30, ge=1, le=3600, description="Seconds that a trial has to write its checkpoint when it is stopped."
    )
    ttl_seconds_after_finished: int = Field(
        default=3600,
        ge=0,
        le=2_592_000,
        description="Seconds that a finished Job (and its logs) is kept after its result is recorded.",
    )

"""`spec.trialTemplate` of a search: what a trial's pod looks like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.types import LocalObjectReference, Quantity


class Resources(ApiModel):
    """Requests and limits of the trial's container, as in a Pod."""

    limits: dict[str, Quantity] | None = Field(
        default=None,
        json_schema_extra=k8s(max_properties=16),
        description="Limits, for example nvidia.com/gpu: 1. Each candidate is trained on all GPUs.",
    )
    requests: dict[str, Quantity] | None = Field(
        default=None, json_schema_extra=k8s(max_properties=16), description="Requests; default to the limits."
    )


class Toleration(ApiModel):
    """`core/v1` Toleration."""

    key: str | None = Field(
        default=None, max_length=316, description="Taint key; empty with operator Exists matches all."
    )
    operator: Literal["Exists", "Equal"] | None = Field(default=None, description="How the key relates to the value.")
    value: str | None = Field(default=None, max_length=63, description="Taint value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Taint effect."
    )
    toleration_seconds: int | None = Field(
        default=None, ge=0, description="How long NoExecute is tolerated, in seconds."
    )


class EnvVar(ApiModel):
    """A plain environment variable. Secrets do not belong here: the storage Secret is wired in by the operator."""

    name: str = Field(
        max_length=253,
        pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$",
        json_schema_extra=k8s(
            must="a variable's name: letters, digits, '-', '_' and '.', not beginning with a digit",
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
    """What a trial's pod looks like. Where and how it runs may change while the search runs; what it runs may not."""

    image: str | None = Field(
        default=None,
        max_length=512,
        description="Image of the trainer; default: the one the operator was installed with.",
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        default=None, description="As in a Pod."
    )
    image_pull_secrets: list[LocalObjectReference] = Field(
        default=[], max_length=8, description="Secrets for pulling the image."
    )
    command: list[Annotated[str, Field(max_length=4096)]] | None = Field(
        default=None, max_length=64, description="Entrypoint; default: the image's. Never passed through a shell."
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
    data_cache_claim: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description=(
            "PersistentVolumeClaim that keeps what trials download of the data set, so that each node or cluster does "
            "it once; default: every trial downloads it."
        ),
    )
    node_selector: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default={}, json_schema_extra=k8s(max_properties=16), description="Labels a node must have."
    )
    tolerations: list[Toleration] = Field(default=[], max_length=16, description="Taints that are tolerated.")
    max_attempts: int = Field(
        default=3,
        ge=1,
        le=16,
        description="Attempts of a trial that crashes. Preemption and suspension are no attempts lost.",
    )
    termination_grace_period_seconds: int = Field(
        default=30, ge=1, le=3600, description="Seconds a trial has to write its checkpoint when it is asked to stop."
    )
    ttl_seconds_after_finished: int = Field(
        default=3600,
        ge=0,
        le=2_592_000,
        description="Seconds a finished Job (and its logs) is kept once its result is recorded.",
    )

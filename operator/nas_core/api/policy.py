"""`NASPolicy`: what a platform team allows the searches of some namespaces, by the namespaces' labels.

`nas_plan.limits` says what follows from the policies of a namespace; `nas_operator.limits` watches and counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.storage import BucketName, Endpoint, KeyPrefix
from nas_core.api.types import (
    LABEL_KEY,
    LABEL_KEY_LENGTH,
    LABEL_NAME,
    LABEL_PREFIX,
    LabelValue,
    NonNegative,
    ObjectName,
)

MOST_NAMESPACES = 1000
"""Namespaces that a policy's status lists."""

_KEY = f"({LABEL_PREFIX}/)?{LABEL_NAME}"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_NAME_PART = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|\*)"

AllowedImage = Annotated[
    str,
    Field(
        max_length=512,
        pattern=r"^(sha256:[0-9a-f]{64}|[A-Za-z0-9][A-Za-z0-9._:/@-]*)$",
        json_schema_extra=k8s(
            must="a digest (sha256:…), or the beginning of an image's name, such as registry.example.org/team/ or "
            "registry.example.org/team/trainer:1"
        ),
    ),
]
AllowedNodeSelector = Annotated[
    str,
    Field(
        max_length=LABEL_KEY_LENGTH + 64,
        pattern=f"^{_KEY}(=({LABEL_NAME})?)?$",
        json_schema_extra=k8s(must="a label's key, or key=value, such as pool or pool=gpu"),
    ),
]
AllowedEndpoint = Annotated[
    str,
    Field(
        max_length=260,
        pattern=rf"^({_NAME_PART}(\.{_NAME_PART})*|{_BYTE}(\.{_BYTE}){{3}}/(3[0-2]|[12]?[0-9]))(:([0-9]{{1,5}}|\*))?$",
        json_schema_extra=k8s(
            must="a server as in storage.allowedEndpoints of the chart: s3.example.com, *.s3.example.com, "
            "minio.storage.svc:9000, 10.1.0.0/16:*"
        ),
    ),
]


class LabelSelectorRequirement(ApiModel):
    """`metav1.LabelSelectorRequirement`."""

    rules: ClassVar = (
        Rule(
            "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
            "In and NotIn take values, Exists and DoesNotExist take none; add or remove values",
            field_path=".values",
            broken_by=lambda one: (
                None if (one.operator in ("In", "NotIn")) == bool(one.values) else f"{one.operator} {one.values}"
            ),
        ),
    )

    key: str = Field(
        max_length=LABEL_KEY_LENGTH,
        pattern=LABEL_KEY,
        json_schema_extra=k8s(must="a label's key, with or without a domain before it, such as team"),
        description="Key of the label.",
    )
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(description="How it relates to the values.")
    values: list[LabelValue] = Field(default=[], max_length=256, description="Of In and NotIn.")


class NamespaceSelector(ApiModel):
    """Which namespaces, by their labels: all that is said has to hold. Empty: all namespaces."""

    match_labels: dict[str, LabelValue] = Field(
        default={},
        json_schema_extra=k8s(max_properties=16),
        description="Labels that it has; kubernetes.io/metadata.name is its name.",
    )
    match_expressions: list[LabelSelectorRequirement] = Field(
        default=[], max_length=16, description="More about its labels."
    )


class GrantedBucket(ApiModel):
    """A bucket that the operator may use with its own identity, for searches that name no Secret."""

    bucket: BucketName = Field(description="As storage.bucket of the searches.")
    endpoint: Endpoint | None = Field(default=None, description="As storage.endpoint; default: Amazon S3.")
    prefix: KeyPrefix = Field(
        default="", description="As storage.prefix. Below it each namespace uses the folder of its name alone."
    )


class Grants(ApiModel):
    """Identities that searches may use in place of keys in a Secret."""

    service_accounts: list[ObjectName] = Field(
        default=[],
        max_length=64,
        description=(
            "Accounts for trialTemplate.serviceAccountName: whoever may create a search has their cloud identity."
        ),
    )
    buckets: list[GrantedBucket] = Field(
        default=[], max_length=64, description="Buckets that the operator may use with its own identity."
    )


class NASPolicySpec(ApiModel):
    """Limits and grants. Each limit is for every namespace by itself; one that is absent bounds nothing."""

    namespace_selector: NamespaceSelector = Field(
        description="The namespaces whose searches are bounded, and may use what is granted."
    )
    grants: Grants | None = Field(
        default=None,
        description="What is allowed only if it is named here; what several policies grant adds up.",
    )
    max_parallel_trials: int | None = Field(
        default=None, ge=0, le=100_000, description="Trials of all searches of a namespace that run at the same time."
    )
    max_gpus: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        alias="maxGPUs",
        description="GPUs (nvidia.com/gpu, amd.com/gpu) of the trials of a namespace that run at the same time.",
    )
    max_gpu_hours_per_month: NonNegative | None = Field(
        default=None,
        description=(
            "GPUs of the trials of a namespace times hours, in a calendar month (UTC). What a trial may use at most is "
            "set aside when it starts, so searches with GPUs need evaluation.maxTrialDuration, and those that train a "
            "supernet budget.maxGPUHours."
        ),
    )
    allowed_images: list[AllowedImage] | None = Field(
        default=None,
        max_length=64,
        description=(
            "Images for a trialTemplate, init containers included: digests, names, or beginnings that end before a / "
            "of the name. The image that the operator was installed with is always allowed."
        ),
    )
    allowed_node_selectors: list[AllowedNodeSelector] | None = Field(
        default=None,
        max_length=64,
        description="What nodeSelector and affinity.nodeAffinity of a trialTemplate may name: keys, or key=value.",
    )
    allowed_priority_classes: list[ObjectName] | None = Field(
        default=None, max_length=64, description="PriorityClasses for trialTemplate.priorityClassName."
    )
    allowed_storage_endpoints: list[AllowedEndpoint] | None = Field(
        default=None,
        max_length=64,
        description=(
            "S3 servers for spec.storage, beside the chart's storage.allowedEndpoints, which hold as well. Amazon's "
            "are named as any other: s3.*.amazonaws.com."
        ),
    )
    allowed_tracking_endpoints: list[AllowedEndpoint] | None = Field(
        default=None,
        max_length=64,
        description="Servers for spec.tracking, beside the chart's tracking.allowedEndpoints, which hold as well.",
    )


class MonthUse(ApiModel):
    """What the trials of a namespace have used in a calendar month (UTC)."""

    gpu_seconds: int = Field(ge=0, description="Seconds that their containers ran, times their GPUs.")
    counted_until: datetime = Field(
        description="So far all is counted, from the beginning of the month of this time, or of the policy."
    )


class NamespaceUse(ApiModel):
    """What the searches of a namespace use."""

    name: ObjectName = Field(description="Name of the namespace.")
    trials: int = Field(ge=0, description="Trials that run.")
    gpus: int = Field(ge=0, description="Their GPUs.")
    month: MonthUse | None = Field(default=None, description="GPU time of this month. Absent: none yet.")


class NASPolicyStatus(ApiModel):
    """What the namespaces of the policy use."""

    observed_generation: int | None = Field(default=None, description="Generation of the spec this status describes.")
    matched: int = Field(default=0, ge=0, description="Namespaces that the selector names.")
    trials: int = Field(default=0, ge=0, description="Trials that run in all of them.")
    gpus: int = Field(default=0, ge=0, description="Their GPUs.")
    gpu_hours: str | None = Field(
        default=None, max_length=32, description="GPU-hours that they have used in this month (UTC), to the tenth."
    )
    namespaces: list[NamespaceUse] = Field(
        default=[],
        max_length=MOST_NAMESPACES,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Those in which trials run or used GPUs this month; of more than 1,000 those with the most.",
    )


class NASPolicy(ApiModel):
    """What a platform team allows the searches of some namespaces. It belongs to no namespace."""

    spec: NASPolicySpec = Field(description="Limits and grants.")
    status: NASPolicyStatus | None = Field(default=None, description="What is used, written by the operator.")

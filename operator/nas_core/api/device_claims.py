"""Devices that a trial claims (dynamic resource allocation, `resource.k8s.io`), as in a Pod.

The pod names its claims, `trialTemplate.resourceClaims`; its container says which of them it uses,
`trialTemplate.resources.claims`. Reference: KEP-4381, "DRA: structured parameters".
"""

from __future__ import annotations

from pydantic import Field

from nas_core.api.base import ApiModel
from nas_core.api.types import DnsLabel, ObjectName
from nas_core.api.union import MEMBER, Union


class PodClaim(Union):
    """A claim of the pod: one that is there, or one that Kubernetes makes for each pod from a template."""

    name: DnsLabel = Field(description="Name of the claim in the pod.")
    resource_claim_name: ObjectName | None = Field(
        default=None, json_schema_extra=MEMBER, description="A ResourceClaim, which all trials share."
    )
    resource_claim_template_name: ObjectName | None = Field(
        default=None, json_schema_extra=MEMBER, description="A ResourceClaimTemplate: each pod has a claim of its own."
    )


class ContainerClaim(ApiModel):
    """A claim of the pod that the trial's container uses."""

    name: str = Field(max_length=48, description="Its name in resourceClaims.")
    request: str | None = Field(
        default=None, max_length=63, description="One request of the claim; default: all of it."
    )

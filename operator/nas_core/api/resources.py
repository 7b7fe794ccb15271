"""`spec.trialTemplate.resources` of a search: requests and limits of a trial's container."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from nas_core.api.base import ApiModel, k8s
from nas_core.api.device_claims import ContainerClaim
from nas_core.api.resource_rules import RESOURCE_RULES
from nas_core.api.types import Quantity


class Resources(ApiModel):
    """Requests and limits of the trial's container, as in a Pod."""

    rules: ClassVar = RESOURCE_RULES

    limits: dict[str, Quantity] | None = Field(
        default=None,
        json_schema_extra=k8s(max_properties=16),
        description="Limits, for example nvidia.com/gpu: 1. Each candidate is trained on all GPUs.",
    )
    requests: dict[str, Quantity] | None = Field(
        default=None, json_schema_extra=k8s(max_properties=16), description="Requests; default to the limits."
    )
    claims: list[ContainerClaim] | None = Field(
        default=None,
        max_length=8,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Devices of trialTemplate.resourceClaims that the container uses.",
    )

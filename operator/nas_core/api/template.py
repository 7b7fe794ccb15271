"""`spec.trialTemplate` of a search: the pod of a trial."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.device_claims import PodClaim
from nas_core.api.placement import Affinity, Toleration, TopologySpread
from nas_core.api.pod_metadata import KEY_RULES
from nas_core.api.resources import Resources
from nas_core.api.types import DnsLabel, LabelValue, LocalObjectReference, ObjectName
from nas_core.api.volumes import VOLUME_RULES, EnvFrom, TrialVolume
from nas_core.quantities import count_gpus
from nas_core.states import OVER_NODES, Work

_HOST = r"([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)"
_PART = r"[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
IMAGE = (
    rf"^({_HOST}(\.{_HOST})*(:[0-9]+)?/)?{_PART}(/{_PART})*"
    r"(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
"""Source: `distribution/reference`, whose grammar kubelet checks names by."""
ImageName = Annotated[
    str,
    Field(
        max_length=512,
        pattern=IMAGE,
        json_schema_extra=k8s(
            must="the name of an image in small letters, with tag or digest, such as example.org/team/trainer:1"
        ),
    ),
]
MOST_NODES = 64
Words = list[Annotated[str, Field(max_length=4096)]]


def _claims(held: TrialTemplate) -> tuple[list[str], list[str]]:
    """Return the names of the claims of the pod, and of those that its container uses."""
    return [claim.name for claim in held.resource_claims], [claim.name for claim in held.resources.claims or []]


def _first_missing(names: list[str], known: list[str]) -> str | None:
    return next((name for name in names if name not in known), None)


_OF_POD, _USED = "has(self.resourceClaims)", "(has(self.resources) && has(self.resources.claims))"
CLAIM_RULES = (
    Rule(
        f"!{_USED} || ({_OF_POD} && self.resources.claims.all(u, self.resourceClaims.exists(c, c.name == u.name)))",
        "each of resources.claims is one of resourceClaims, by its name; add it there, or correct the name",
        field_path=".resources",
        broken_by=lambda held: _first_missing(*reversed(_claims(held))),
    ),
    Rule(
        f"!{_OF_POD} || ({_USED} && self.resourceClaims.all(c, self.resources.claims.exists(u, u.name == c.name)))",
        "no container uses one of resourceClaims; name it in resources.claims, or remove it",
        field_path=".resourceClaims",
        broken_by=lambda held: _first_missing(*_claims(held)),
    ),
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


class InitContainer(ApiModel):
    """A container that runs to its end before the trial's, with its resources (no devices), variables and volumes."""

    name: DnsLabel = Field(description="Name of the container.")
    image: ImageName | None = Field(default=None, description="Default: that of the trial's container.")
    command: Words | None = Field(default=None, max_length=64, description="Entrypoint; default: the image's.")
    args: Words | None = Field(default=None, max_length=64, description="Arguments of the entrypoint.")


class TrialTemplate(ApiModel):
    """The pod of a trial. Where and how it runs may change while the search runs; what it runs may not."""

    rules: ClassVar = (
        *KEY_RULES,
        *VOLUME_RULES,
        *CLAIM_RULES,
        Rule(
            "!has(self.priorityClassName) || !self.priorityClassName.startsWith('system-')",
            "names beginning with system- are for Kubernetes' own pods; name a PriorityClass of your cluster",
            field_path=".priorityClassName",
            broken_by=lambda held: (
                held.priority_class_name if (held.priority_class_name or "").startswith("system-") else None
            ),
        ),
        Rule(
            "!has(self.jobKind) || !has(self.nodes) || self.nodes == 1",
            "a training of another kind than Job has one pod; remove jobKind, or nodes",
            field_path=".jobKind",
            broken_by=lambda held: held.job_kind if held.nodes > 1 else None,
        ),
    )

    @property
    def ready_made(self) -> bool:
        """Whether trials run the trainer that the operator was installed with, not one of the user's own."""
        return self.image is None and self.command is None

    def nodes_of(self, work: Work) -> int:
        """Return over how many pods a trial of such work runs."""
        return self.nodes if work in OVER_NODES else 1

    def job_kind_of(self, work: Work) -> str | None:
        """Return the kind that a trial of such work runs as; None: a Job."""
        return self.job_kind if work in OVER_NODES else None

    @property
    def gpus(self) -> int:
        """How many GPUs a training takes, in all of its pods."""
        return self.nodes * count_gpus(self.resources.limits)

    image: ImageName | None = Field(
        default=None, description="Image of the trainer; default: the one the operator was installed with."
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        default=None, description="As in a Pod."
    )
    image_pull_secrets: list[LocalObjectReference] = Field(
        default=[], max_length=8, description="Secrets for pulling the image."
    )
    command: Words | None = Field(
        default=None, max_length=64, description="Entrypoint; default: the image's. No shell is used."
    )
    args: Words | None = Field(default=None, max_length=64, description="Arguments of the entrypoint.")
    env: list[EnvVar] = Field(
        default=[],
        max_length=64,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Environment variables.",
    )
    service_account_name: ObjectName | None = Field(
        default=None,
        description=(
            "ServiceAccount whose cloud identity trials have, if a NASPolicy grants it. They get no token of the API "
            "server."
        ),
    )
    resources: Resources = Field(default=Resources(), description="Requests and limits.")
    nodes: int = Field(
        default=1,
        ge=1,
        le=MOST_NODES,
        description=(
            "Pods over which each training runs, with these resources each; other work, such as preparing data, has "
            "one."
        ),
    )
    job_kind: DnsLabel | None = Field(
        default=None,
        description=(
            "What trainings run as instead of a Job: the name of one of the kinds that the platform team allows "
            "(trials.jobKinds of the chart)."
        ),
    )
    data_cache_claim: ObjectName | None = Field(
        default=None,
        description=(
            "PersistentVolumeClaim that keeps the downloaded data, so that each node or cluster downloads "
            "them once. Default: every trial downloads them."
        ),
    )
    env_from: list[EnvFrom] = Field(
        default=[], max_length=8, description="Variables from labelled Secrets and ConfigMaps."
    )
    volumes: list[TrialVolume] = Field(
        default=[],
        max_length=16,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Volumes of the pod; all of its containers see them.",
    )
    init_containers: list[InitContainer] = Field(
        default=[],
        max_length=4,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Containers that run before the trial's, one after the other.",
    )
    resource_claims: list[PodClaim] = Field(
        default=[],
        max_length=8,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Devices by dynamic resource allocation; trials that prepare data and exports get none.",
    )
    labels: dict[str, LabelValue] = Field(
        default={},
        json_schema_extra=k8s(max_properties=16),
        description="Labels of the Jobs and pods; those of kueue.x-k8s.io of the Jobs alone.",
    )
    annotations: dict[str, Annotated[str, Field(max_length=4096)]] = Field(
        default={}, json_schema_extra=k8s(max_properties=16), description="Annotations of the pods."
    )
    node_selector: dict[str, LabelValue] = Field(
        default={}, json_schema_extra=k8s(max_properties=16), description="Labels a node must have."
    )
    tolerations: list[Toleration] = Field(default=[], max_length=16, description="Taints that are tolerated.")
    affinity: Affinity | None = Field(default=None, description="Nodes and pods to be near to, or far from.")
    topology_spread_constraints: list[TopologySpread] = Field(
        default=[], max_length=4, description="How trials are spread over zones, racks or nodes."
    )
    priority_class_name: ObjectName | None = Field(default=None, description="A PriorityClass.")
    scheduler_name: ObjectName | None = Field(
        default=None, description="Scheduler of the pods; default: the cluster's."
    )
    runtime_class_name: ObjectName | None = Field(default=None, description="A RuntimeClass.")
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

"""Volumes and variables of trials that are the user's own, in `spec.trialTemplate`.

Kinds of volumes that a restricted pod may have. Secrets and ConfigMaps are used only where their owner has labelled
them for trials (`nas_operator.labelled`): a pod could read what RBAC denies the user who asks for it.
"""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.types import DnsLabel, LocalObjectReference, ObjectName, Quantity
from nas_core.api.union import MEMBER, Union
from nas_core.contract import DATA_DIRECTORY

_TAKEN = rf"^/(tmp|dev|proc|sys|etc/nas|etc/nas-signing|etc/nas-storage|var/cache/nas|{DATA_DIRECTORY[1:]})(/|$)"


class ClaimVolume(ApiModel):
    """A PersistentVolumeClaim that is there."""

    claim_name: ObjectName = Field(description="Name of the claim.")


class SecretVolume(ApiModel):
    """A Secret with the label nas-operator.io/use: trial."""

    secret_name: ObjectName = Field(description="Name of the Secret.")


class EmptyDirVolume(ApiModel):
    """Room on the node that is gone with the pod."""

    size_limit: Quantity = Field(description="A pod that writes more is evicted.")
    medium: Literal["Memory"] | None = Field(default=None, description="Memory counts towards the memory limit.")


class EphemeralVolume(ApiModel):
    """A claim that Kubernetes makes for each pod and deletes with it, ReadWriteOnce."""

    size: Quantity = Field(description="Storage that is requested.")
    storage_class_name: ObjectName | None = Field(default=None, description="Default: that of the cluster.")


class TrialVolume(Union):
    """A volume, and where the trial's containers see it."""

    rules: ClassVar = (
        Rule(
            f"!self.mountPath.matches(r'{_TAKEN}')",
            "the operator or the system mounts something here; choose another mountPath, such as /mnt/models",
            field_path=".mountPath",
            broken_by=lambda held: held.mount_path if re.match(_TAKEN, held.mount_path) else None,
        ),
    )

    name: DnsLabel = Field(description="Name of the volume.")
    mount_path: str = Field(
        max_length=256,
        # No part "..", which Kubernetes denies, and no ":".
        pattern=r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$",
        json_schema_extra=k8s(must="an absolute path without '..' and without '/' at its end, such as /mnt/models"),
        description="Where it is mounted.",
    )
    read_only: bool = Field(default=False, description="Whether trials may only read; Secrets and ConfigMaps always.")
    persistent_volume_claim: ClaimVolume | None = Field(
        default=None, json_schema_extra=MEMBER, description="A claim that trials share."
    )
    config_map: LocalObjectReference | None = Field(
        default=None, json_schema_extra=MEMBER, description="A ConfigMap with the label nas-operator.io/use: trial."
    )
    secret: SecretVolume | None = Field(default=None, json_schema_extra=MEMBER, description="A labelled Secret.")
    empty_dir: EmptyDirVolume | None = Field(default=None, json_schema_extra=MEMBER, description="Room on the node.")
    ephemeral: EphemeralVolume | None = Field(
        default=None, json_schema_extra=MEMBER, description="A claim for each pod."
    )


class EnvFrom(Union):
    """All keys of a Secret or a ConfigMap as variables; `env` and those of the operator win."""

    secret_ref: LocalObjectReference | None = Field(
        default=None, json_schema_extra=MEMBER, description="A Secret with the label nas-operator.io/use: trial."
    )
    config_map_ref: LocalObjectReference | None = Field(
        default=None, json_schema_extra=MEMBER, description="A ConfigMap with this label."
    )


def _mounted_twice(volumes: list[TrialVolume]) -> str | None:
    paths = [volume.mount_path for volume in volumes]
    return next((path for path in paths if paths.count(path) > 1), None)


VOLUME_RULES = (
    Rule(
        "!has(self.volumes) || self.volumes.all(v, self.volumes.filter(w, w.mountPath == v.mountPath).size() == 1)",
        "two volumes cannot have one mountPath; change one",
        field_path=".volumes",
        broken_by=lambda held: _mounted_twice(held.volumes),
    ),
)

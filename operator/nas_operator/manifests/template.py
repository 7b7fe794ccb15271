"""What of `spec.trialTemplate` is passed on to a pod as it is: metadata, placement, volumes, init containers, devices.

What the operator writes itself comes last, so a template never replaces it. Containers keep the restricted Pod Security
Standard, whatever the template says.
"""

from __future__ import annotations

from typing import Any

from nas_core.api.placement import TopologySpread
from nas_core.api.pod_metadata import KUEUE
from nas_core.api.template import TrialTemplate
from nas_core.api.volumes import EphemeralVolume, TrialVolume

Json = dict[str, Any]

RESTRICTED: Json = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
"""Of every container (Kubernetes documentation, "Pod Security Standards")."""
SCRATCH: Json = {"name": "scratch", "mountPath": "/tmp"}  # noqa: S108 - the emptyDir that every container may write to


def job_labels(template: TrialTemplate, own: dict[str, str]) -> dict[str, str]:
    """Return the labels of a Job."""
    return template.labels | own


def pod_labels(template: TrialTemplate, own: dict[str, str]) -> dict[str, str]:
    """Return the labels of its pods."""
    # A pod with a queue's name would be one that Kueue holds by itself, beside its Job.
    return {name: value for name, value in template.labels.items() if not name.startswith(KUEUE)} | own


def placement(template: TrialTemplate, counted: dict[str, str]) -> Json:
    """Return the fields of a pod that say where it runs; ``counted`` are the labels of the pods that are spread."""
    given = {
        "nodeSelector": template.node_selector,
        "tolerations": [toleration.to_dict() for toleration in template.tolerations],
        "affinity": template.affinity.to_dict() if template.affinity else None,
        "topologySpreadConstraints": [_spread(one, counted) for one in template.topology_spread_constraints],
        "priorityClassName": template.priority_class_name,
        "schedulerName": template.scheduler_name,
        "runtimeClassName": template.runtime_class_name,
    }
    return {field: value for field, value in given.items() if value}


def _spread(spread: TopologySpread, counted: dict[str, str]) -> Json:
    return {"labelSelector": {"matchLabels": counted}} | spread.to_dict()


def volumes(template: TrialTemplate) -> list[Json]:
    """Return the volumes of a pod that are the user's own."""
    return [{"name": _volume_name(volume), **_source(volume)} for volume in template.volumes]


def mounts(template: TrialTemplate) -> list[Json]:
    """Return where containers see them."""
    return [
        {"name": _volume_name(volume), "mountPath": volume.mount_path, "readOnly": _read_only(volume)}
        for volume in template.volumes
    ]


def written_by_group(template: TrialTemplate) -> bool:
    """Whether a volume belongs to root, and trials may write to it only as members of its group."""
    return any((v.persistent_volume_claim or v.ephemeral) and not v.read_only for v in template.volumes)


def env_from(template: TrialTemplate) -> list[Json]:
    """Return where more variables of a container come from."""
    return [source.to_dict() for source in template.env_from]


def init_containers(template: TrialTemplate, resources: Json, default_image: str) -> list[Json]:
    """Return the containers that run before the trial's, with its ``resources``: they cost the pod nothing more."""
    return [
        {
            "image": template.image or default_image,
            **container.to_dict(),
            **({"imagePullPolicy": template.image_pull_policy} if template.image_pull_policy else {}),
            "env": [variable.to_dict() for variable in template.env],
            "envFrom": env_from(template),
            "resources": resources,
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "securityContext": RESTRICTED,
            "volumeMounts": [SCRATCH, *mounts(template)],
        }
        for container in template.init_containers
    ]


def _volume_name(volume: TrialVolume) -> str:
    # The operator has volumes of its own in the pod.
    return f"own-{volume.name}"


def _read_only(volume: TrialVolume) -> bool:
    return volume.read_only or bool(volume.config_map or volume.secret)


def _source(volume: TrialVolume) -> Json:
    if volume.ephemeral:
        return {"ephemeral": {"volumeClaimTemplate": {"spec": _claim(volume.ephemeral)}}}
    source: Json = volume.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude={"name", "mount_path", "read_only"}
    )
    if volume.persistent_volume_claim:
        source["persistentVolumeClaim"]["readOnly"] = volume.read_only
    return source


def _claim(volume: EphemeralVolume) -> Json:
    of_class = {"storageClassName": volume.storage_class_name} if volume.storage_class_name else {}
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": volume.size}}} | of_class

"""The Job that is one attempt of a trial, and the one that makes a model.

A Job's template cannot change, so every attempt is a new Job. Its pod meets the restricted Pod Security Standard, gets
the trial's input as a file (an annotation projected by the downward API: no further object to create) and may write its
result to the termination message.
"""

from __future__ import annotations

import math
from typing import Any

from nas_backend.model_input import model_input
from nas_backend.trial_input import trial_input
from nas_core.api.base import parse_duration
from nas_core.api.pod_metadata import QUEUE_LABEL
from nas_core.api.resources import Resources
from nas_core.api.search import NASSearchSpec
from nas_core.api.storage import Storage
from nas_core.api.template import TrialTemplate
from nas_core.contract import (
    DATA_CACHE_ENV,
    DATA_DIRECTORY,
    EXIT_CANDIDATE,
    EXIT_CHECKPOINTED,
    GPUS_ENV,
    MASTER_ADDRESS_ENV,
    MASTER_PORT,
    MASTER_PORT_ENV,
    METRICS_PORT,
    NODE_ENV,
    NODES_ENV,
    PROCESSES_ENV,
    RESULT_FILE_ENV,
    SIGNING_KEY_ENV,
    TRIAL_FILE_ENV,
    TrialInput,
)
from nas_core.quantities import count_gpus, is_gpu, parse_quantity
from nas_core.records.metadata import Meta
from nas_core.records.model import ModelView
from nas_core.records.names import (
    ATTEMPT_LABEL,
    INDEX_LABEL,
    MANAGED_BY,
    MODEL_LABEL,
    NODES_LABEL,
    SEARCH_LABEL,
    SEARCH_UID_LABEL,
    SESSION_ANNOTATION,
    SHORTENED_ANNOTATION,
    TEMPLATE_ANNOTATION,
    TRIAL_CONTAINER,
    TRIAL_INPUT_ANNOTATION,
    TRIAL_LABEL,
    export_job_name,
    job_name,
    service_name,
    session_secret_name,
    template_hash,
)
from nas_core.records.trial import TrialView
from nas_core.records.trial_object import owner_reference
from nas_core.states import WITHOUT_CANDIDATES, Work
from nas_operator.errors import InputTooLarge
from nas_operator.manifests import template as own
from nas_operator.manifests.session import mount_session
from nas_operator.storage.credentials import ACCESS_KEY, SECRET_KEY, SESSION_TOKEN
from nas_plan.actions import NOTHING_STORED, Stored
from nas_plan.models.snapshot import Export

INPUT_DIRECTORY = "/etc/nas"
RESULT_FILE = "/dev/termination-log"
CACHE_DIRECTORY = "/var/cache/nas"
VOLUME_GROUP = 65532
SIGNING_DIRECTORY, SIGNING_KEY = "/etc/nas-signing", "key.pem"
"""Where the key that signs models is mounted, and its name in its Secret."""
SHARED_MEMORY = "/dev/shm"  # noqa: S108
SHARED_MEMORY_LIMIT = 1 << 30
"""Bytes that NCCL's documentation asks of a container with several GPUs, and of one without a memory limit."""
ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes of all annotations of an object (`TotalAnnotationSizeLimitB` of k8s.io/apimachinery)."""
EXPORT_RETRIES = 3
"""How often Kubernetes tries again to make a model, with its own backoff."""
COLLECT_S = 600
"""Seconds a finished Job is kept at least: one that Kubernetes removes before its result is read runs again."""


def build_job(
    search: Meta,
    spec: NASSearchSpec,
    trial: TrialView,
    attempt: int,
    default_image: str,
    stored: Stored = NOTHING_STORED,
    limit_s: int | None = None,
) -> dict[str, Any]:
    """Return the Job of an attempt; owned by its trial.

    ``stored`` is what it reads, ``limit_s`` how many seconds it may run by the budget of the search.

    Raises:
        InputTooLarge: if what the trial reads does not fit into an annotation.
    """
    labels = MANAGED_BY | {
        SEARCH_LABEL: search.name,
        SEARCH_UID_LABEL: search.uid,
        TRIAL_LABEL: trial.meta.name,
        ATTEMPT_LABEL: str(attempt),
    }
    given = trial_input(search, spec, trial, attempt, stored)
    # The operator makes the next attempt itself: after a backoff, as a Job with its own number.
    job = _job(
        job_name(trial.meta.name, attempt),
        labels,
        owner_reference("NASTrial", trial.meta),
        given,
        spec,
        0,
        default_image,
    )
    if (nodes := spec.trial_template.nodes_of(trial.spec.work)) > 1:
        _divide(job, nodes, service_name(search.name))
    job["metadata"]["annotations"] |= {TEMPLATE_ANNOTATION: template_hash(spec)}
    # How long preparing and supernets take does not depend on a candidate: only the search as a whole bounds that.
    if spec.evaluation.max_trial_duration and trial.spec.work not in WITHOUT_CANDIDATES:
        # Whole seconds, and by the API's reference at least 1.
        limit = int(parse_duration(spec.evaluation.max_trial_duration).total_seconds())
        job["spec"]["activeDeadlineSeconds"] = max(1, limit)
    longest = job["spec"].get("activeDeadlineSeconds", math.inf)
    # What prepares data has no GPU, and costs nothing of this budget.
    if limit_s is not None and limit_s < longest and trial.spec.work != Work.PREPARE:
        job["spec"]["activeDeadlineSeconds"] = limit_s
        job["metadata"]["annotations"][SHORTENED_ANNOTATION] = "budget.maxGPUHours"
    return job


def build_export_job(
    model: ModelView, export: Export, default_image: str, deadline_s: int, signing_secret: str | None = None
) -> dict[str, Any]:
    """Return the Job that makes a model; owned by it. The pod is that of a trial of its search, without GPUs.

    ``deadline_s`` bounds all tries together, as some ends of a pod do not count against their number.
    ``signing_secret`` is the name of the Secret, in the namespace of the model, with the key that signs it.

    Raises:
        InputTooLarge: if what it reads does not fit into an annotation.
    """
    # No label of the search: the Job is none of its own, and outlives it.
    labels = MANAGED_BY | {MODEL_LABEL: model.meta.name, ATTEMPT_LABEL: "1"}
    name = export_job_name(model.meta.name)
    given = model_input(model, export.search, export.trial)
    owner = owner_reference("NASModel", model.meta)
    # Kubernetes tries again: a model that is there in part is gone on with, so no attempt needs a number.
    job = _job(name, labels, owner, given, export.search.spec, EXPORT_RETRIES, default_image)
    job["spec"]["activeDeadlineSeconds"] = deadline_s
    if signing_secret:
        _mount_key(job["spec"]["template"]["spec"], signing_secret)
    return job


def _job(
    name: str,
    labels: dict[str, str],
    owner: dict[str, Any],
    given: TrialInput,
    spec: NASSearchSpec,
    retries: int,
    default_image: str,
) -> dict[str, Any]:
    job: dict[str, Any] = {
        # From the beginning: if Kueue's webhook were away for a moment, a Job would run past the queue. Afterwards the
        # queue alone writes it.
        **({"suspend": True} if spec.trial_template.labels.get(QUEUE_LABEL) else {}),
        "backoffLimit": retries,
        "ttlSecondsAfterFinished": max(COLLECT_S, spec.trial_template.ttl_seconds_after_finished),
        "podFailurePolicy": {
            # KEP-3329: the first rule that matches decides. Ignore starts another pod and does not count against
            # backoffLimit.
            "rules": [
                {"action": "FailJob", "onExitCodes": _exit_code(EXIT_CANDIDATE)},
                {"action": "Ignore", "onExitCodes": _exit_code(EXIT_CHECKPOINTED)},
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            ]
        },
        "template": {
            "metadata": {
                "labels": own.pod_labels(spec.trial_template, labels),
                "annotations": _checked(spec.trial_template.annotations | _annotations(given), spec),
            },
            "spec": _pod_spec(spec, given.work, default_image, given.prepared, _counted(labels)),
        },
    }
    scoped = spec.storage is not None and spec.storage.scoped
    if scoped:
        mount_session(job["template"]["spec"], name)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": given.identity.namespace,
            "labels": own.job_labels(spec.trial_template, labels),
            "annotations": {SESSION_ANNOTATION: session_secret_name(name)} if scoped else {},
            "ownerReferences": [owner],
        },
        "spec": job,
    }


def _divide(job: dict[str, Any], nodes: int, service: str) -> None:
    """Let a Job have so many pods, which find one another by names in a headless Service.

    Sources: Kubernetes, "Job with Pod-to-Pod Communication" (the host of each pod is ``<job>-<index>``); torchrun's
    names of variables.
    """
    job["spec"] |= {"completions": nodes, "parallelism": nodes, "completionMode": "Indexed"}
    template, pod = job["spec"]["template"], job["spec"]["template"]["spec"]
    template["metadata"]["labels"][NODES_LABEL] = str(nodes)
    pod["subdomain"] = service
    index = {"fieldRef": {"fieldPath": f"metadata.annotations['{INDEX_LABEL}']"}}
    pod["containers"][0]["env"] += [
        {"name": NODES_ENV, "value": str(nodes)},
        {"name": NODE_ENV, "valueFrom": index},
        {"name": MASTER_ADDRESS_ENV, "value": f"{job['metadata']['name']}-0.{service}"},
        {"name": MASTER_PORT_ENV, "value": str(MASTER_PORT)},
    ]


def _exit_code(code: int) -> dict[str, Any]:
    # Of the trial's own container: what others mean by the same code is not the contract's.
    return {"containerName": TRIAL_CONTAINER, "operator": "In", "values": [code]}


def _counted(labels: dict[str, str]) -> dict[str, str]:
    """Return the label by which pods that belong together are spread: those of a search's trials, or of a model."""
    kind = SEARCH_UID_LABEL if SEARCH_UID_LABEL in labels else MODEL_LABEL
    return {kind: labels[kind]}


def _checked(annotations: dict[str, str], spec: NASSearchSpec) -> dict[str, str]:
    """Return the annotations if an object may have them: the API server counts names and values of all."""
    size = sum(len(name.encode()) + len(value.encode()) for name, value in annotations.items())
    if size > ANNOTATIONS_LIMIT:
        each = spec.evaluation.candidates_per_trial
        raise InputTooLarge(
            f"the input of a trial of {each} candidates has {size:,} bytes, an object's annotations may have "
            f"{ANNOTATIONS_LIMIT:,}: make a search with a smaller evaluation.candidatesPerTrial than {each}, or with "
            "fewer decisions or shorter names of them"
        )
    return annotations


def _annotations(given: TrialInput) -> dict[str, str]:
    return {
        # The prometheus.io names are a convention of Prometheus' example configuration for Kubernetes.
        TRIAL_INPUT_ANNOTATION: given.model_dump_json(by_alias=True, exclude_none=True),
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(METRICS_PORT),
        "prometheus.io/path": "/metrics",
    }


def _pod_spec(
    spec: NASSearchSpec, work: Work, default_image: str, prepared: str | None, counted: dict[str, str]
) -> dict[str, Any]:
    template, resources = spec.trial_template, _resources(spec.trial_template.resources, work)
    given = {"fieldPath": f"metadata.annotations['{TRIAL_INPUT_ANNOTATION}']"}
    pod: dict[str, Any] = {
        # A podFailurePolicy allows no other.
        "restartPolicy": "Never",
        # Trials run the user's code, which has nothing to ask of the API server: also where they have an account, whose
        # cloud identity the cloud's own webhook puts in.
        "automountServiceAccountToken": False,
        # Otherwise each Service of the namespace would add variables to the environment.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": template.termination_grace_period_seconds,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(template, resources, spec.storage, default_image)],
        "volumes": [
            {
                "name": "input",
                "downwardAPI": {"items": [{"path": "trial.json", "fieldRef": given}]},
            },
            {"name": "scratch", "emptyDir": {}},
            *own.volumes(template),
        ],
    } | own.placement(template, counted)
    if first := own.init_containers(template, _without_devices(resources).to_dict(), default_image):
        pod["initContainers"] = first
    if resources.claims:
        pod["resourceClaims"] = [claim.to_dict() for claim in template.resource_claims]
    if own.written_by_group(template):
        _write_as_group(pod)
    if template.service_account_name:
        pod["serviceAccountName"] = template.service_account_name
    if template.image_pull_secrets:
        pod["imagePullSecrets"] = [secret.to_dict() for secret in template.image_pull_secrets]
    if gpus := count_gpus(resources.limits):
        pod["containers"][0]["env"].append({"name": GPUS_ENV, "value": str(gpus)})
    if not spec.evaluation.benchmark:
        if gpus > 1:
            # The trainer starts a process for each.
            pod["containers"][0]["env"].append({"name": PROCESSES_ENV, "value": str(gpus)})
        # Processes talk through it: those of several GPUs, and those that read examples ahead. The 64 MiB that a
        # container has otherwise do not do for either.
        shared = {"medium": "Memory", "sizeLimit": _shared_memory(resources, gpus)}
        pod["volumes"].append({"name": "shm", "emptyDir": shared})
        pod["containers"][0]["volumeMounts"].append({"name": "shm", "mountPath": SHARED_MEMORY})
    if (volume := spec.task.dataset.volume) and _reads_volume(spec, work, prepared):
        _mount(pod, "data", volume.claim_name, DATA_DIRECTORY, read_only=True)
    if template.data_cache_claim:
        _mount(pod, "data-cache", template.data_cache_claim, CACHE_DIRECTORY)
        pod["containers"][0]["env"].append({"name": DATA_CACHE_ENV, "value": CACHE_DIRECTORY})
        _write_as_group(pod)
    return pod


def _write_as_group(pod: dict[str, Any]) -> None:
    # A new volume belongs to root; its group is what lets trials write to it.
    # OnRootMismatch, so that kubelet does not walk through the whole volume at every start.
    pod["securityContext"] |= {"fsGroup": VOLUME_GROUP, "fsGroupChangePolicy": "OnRootMismatch"}


def _reads_volume(spec: NASSearchSpec, work: Work, prepared: str | None) -> bool:
    """Whether a trial reads the volume of data; one that does not may run where it cannot be attached."""
    weights = spec.evaluation.init_from
    of_volume = weights is not None and (weights.path or "").startswith(f"{DATA_DIRECTORY}/")
    return prepared is None or work == Work.PREPARE or of_volume


def _mount(pod: dict[str, Any], name: str, claim: str, path: str, read_only: bool = False) -> None:
    pod["volumes"].append({"name": name, "persistentVolumeClaim": {"claimName": claim, "readOnly": read_only}})
    pod["containers"][0]["volumeMounts"].append({"name": name, "mountPath": path, "readOnly": read_only})


def _mount_key(pod: dict[str, Any], secret: str) -> None:
    # Optional: a pod that waits for a Secret says so to nobody, the trainer names the key that is missing.
    source = {"secretName": secret, "optional": True, "items": [{"key": SIGNING_KEY, "path": SIGNING_KEY}]}
    pod["volumes"].append({"name": "signing-key", "secret": source})
    container = pod["containers"][0]
    container["volumeMounts"].append({"name": "signing-key", "mountPath": SIGNING_DIRECTORY, "readOnly": True})
    container["env"].append({"name": SIGNING_KEY_ENV, "value": f"{SIGNING_DIRECTORY}/{SIGNING_KEY}"})


def _resources(asked: Resources, work: Work) -> Resources:
    """Return what a trial's container asks for: what prepares data, or makes a model, does not run on a GPU."""
    return _without_devices(asked) if work in (Work.PREPARE, Work.EXPORT) else asked


def _without_devices(asked: Resources) -> Resources:
    """Return resources without GPUs and claims of devices."""
    parts = {"limits": asked.limits, "requests": asked.requests}
    return Resources.model_validate(
        {name: {k: v for k, v in part.items() if not is_gpu(k)} for name, part in parts.items() if part is not None}
    )


def _shared_memory(resources: Resources, gpus: int) -> str:
    """Return the most that processes may share: a quarter of the memory limit, towards which it counts."""
    limit = (resources.limits or {}).get("memory")
    quarter = int(parse_quantity(limit)) // 4 if limit else SHARED_MEMORY_LIMIT
    return str(max(quarter, SHARED_MEMORY_LIMIT) if gpus > 1 else quarter)


def _container(
    template: TrialTemplate, resources: Resources, storage: Storage | None, default_image: str
) -> dict[str, Any]:
    # The user's first: of two variables of one name the later one holds.
    environment: list[dict[str, Any]] = [variable.to_dict() for variable in template.env]
    environment += [
        {"name": TRIAL_FILE_ENV, "value": f"{INPUT_DIRECTORY}/trial.json"},
        {"name": RESULT_FILE_ENV, "value": RESULT_FILE},
        {"name": "HOME", "value": "/tmp"},  # noqa: S108 - the emptyDir, the one place the container may write to
    ]
    if storage and storage.secret_ref and not storage.scoped:
        environment += [
            _from_secret("AWS_ACCESS_KEY_ID", storage.secret_ref.name, ACCESS_KEY),
            _from_secret("AWS_SECRET_ACCESS_KEY", storage.secret_ref.name, SECRET_KEY),
            _from_secret("AWS_SESSION_TOKEN", storage.secret_ref.name, SESSION_TOKEN, optional=True),
        ]
    elif storage:
        # Else a trial whose account has no role, or whose short-lived keys have ended, would have that of the node.
        environment.append({"name": "AWS_EC2_METADATA_DISABLED", "value": "true"})
    container: dict[str, Any] = {
        "name": TRIAL_CONTAINER,
        "image": template.image or default_image,
        "env": environment,
        "ports": [{"name": "metrics", "containerPort": METRICS_PORT}],
        "resources": resources.to_dict(),
        "terminationMessagePath": RESULT_FILE,
        # A container that fails without a message leaves the end of its log, 2048 bytes or 80 lines at most.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": own.RESTRICTED,
        "volumeMounts": [
            {"name": "input", "mountPath": INPUT_DIRECTORY, "readOnly": True},
            own.SCRATCH,
            *own.mounts(template),
        ],
    }
    if template.env_from:
        container["envFrom"] = own.env_from(template)
    if template.image_pull_policy:
        container["imagePullPolicy"] = template.image_pull_policy
    if template.command is not None:
        container["command"] = template.command
    if template.args is not None:
        container["args"] = template.args
    return container


def _from_secret(variable: str, secret: str, key: str, optional: bool = False) -> dict[str, Any]:
    source = {"name": secret, "key": key} | ({"optional": True} if optional else {})
    return {"name": variable, "valueFrom": {"secretKeyRef": source}}

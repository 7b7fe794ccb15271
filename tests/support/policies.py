"""Policies, namespaces and searches of them, for tests of the limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.support.factories import START, raw_job, raw_pod, raw_search, stamp

from nas_core.api import API_VERSION
from nas_core.records.policy import PolicyView

Json = dict[str, Any]


def raw_policy(name: str = "team", namespace: str = "ns", version: int = 1, **spec: Any) -> Json:
    """Return a policy of one namespace, as the API server has it."""
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    meta = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version), "generation": version}
    return {
        "apiVersion": API_VERSION,
        "kind": "NASPolicy",
        "metadata": meta | {"creationTimestamp": stamp(START)},
        "spec": {"namespaceSelector": selector} | spec,
    }


def policy(name: str = "team", **spec: Any) -> PolicyView:
    return PolicyView.of(raw_policy(name, **spec))


def raw_namespace(name: str = "ns", version: int = 1, **labels: str) -> Json:
    meta = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version), "creationTimestamp": stamp(START)}
    return {"kind": "Namespace", "metadata": meta | {"labels": {"kubernetes.io/metadata.name": name} | labels}}


def search_named(name: str, parallel: int = 4, **spec: Any) -> Json:
    raw = raw_search(budget={"maxTrials": 20, "parallelTrials": parallel}, **spec)
    return raw | {"metadata": raw["metadata"] | {"name": name, "uid": f"uid-{name}", "labels": {}}}


def job_of(search: str, number: int, gpus: int = 0, created: datetime = START, **status: Any) -> Json:
    """Return the Job of a trial of a search."""
    raw = raw_job(f"{search}-{number:05d}", status=status)
    raw["metadata"]["labels"]["nas-operator.io/search"] = search
    raw["metadata"]["creationTimestamp"] = stamp(created)
    if gpus:
        raw["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": str(gpus)}}
    return raw


def pod_of(
    search: str, number: int, gpus: int, started: datetime | None = None, finished: datetime | None = None
) -> Json:
    """Return the pod of such a Job, as it is when its container runs, or has ended."""
    name = f"{search}-{number:05d}"
    state: Json = {"running": {"startedAt": stamp(started)}} if started else {}
    if started and finished:
        state = {"terminated": {"startedAt": stamp(started), "finishedAt": stamp(finished), "exitCode": 0}}
    status = {"phase": "Running", "containerStatuses": [{"name": "trial", "state": state}]} if started else {}
    raw = raw_pod(f"{name}-a1", name, status)
    raw["metadata"]["labels"]["nas-operator.io/search"] = search
    limits = {"limits": {"nvidia.com/gpu": str(gpus)}}
    return raw | {"spec": {"containers": [{"name": "trial", "resources": limits}]}}


def complete(job: Json, version: int = 50) -> Json:
    """Return a Job as it is when it has succeeded."""
    done = {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": stamp(START)}]}
    return job | {"metadata": job["metadata"] | {"resourceVersion": str(version)}, "status": done}


def raw_quota(hard: dict[str, str], used: dict[str, str] | None = None, version: int = 1, **spec: Any) -> Json:
    """Return a ResourceQuota of the namespace ns, as the API server has it."""
    meta = {"name": "team", "namespace": "ns", "uid": "uid-quota", "resourceVersion": str(version)}
    return {
        "kind": "ResourceQuota",
        "metadata": meta | {"creationTimestamp": stamp(START)},
        "spec": {"hard": hard} | spec,
        "status": {"hard": hard, "used": used or {}},
    }

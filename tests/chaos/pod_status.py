"""The status of a pod as a kubelet writes it: while it waits, runs, and when it has ended in one of many ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.support.factories import stamp
from tests.support.kube import Json

from nas_core.contract import EXIT_CHECKPOINTED


@dataclass(frozen=True)
class End:
    """How a pod ends."""

    code: int
    """Exit code of the trial's container."""
    message: str = ""
    """Its termination message."""
    reason: str = ""
    """Of the container; empty: as the exit code says."""
    of_pod: str = ""
    """The pod's own reason, where the kubelet has ended it."""
    disruption: str = ""
    """Reason of the pod's condition DisruptionTarget."""


STOPPED = End(EXIT_CHECKPOINTED)
"""After SIGTERM."""


def state_of(pod: Json) -> Json:
    """Return the state of the trial's container."""
    statuses: list[Json] = pod["status"].get("containerStatuses", [])
    state: Json = statuses[0]["state"] if statuses else {}
    return state


def waiting(pod: Json, reason: str) -> Json:
    """Return the status of a pod whose image is not there."""
    return _status(pod, "Pending", {"waiting": {"reason": reason, "message": "the registry does not answer"}})


def begun(pod: Json) -> Json:
    """Return the status of a pod that has just begun to run."""
    return _status(pod, "Running", {"running": {"startedAt": now()}})


def ended(pod: Json, end: End) -> Json:
    """Return the status of a pod whose trial has ended."""
    reason = end.reason or ("Error" if end.code else "Completed")
    times = {"startedAt": state_of(pod)["running"]["startedAt"], "finishedAt": now()}
    state = {"terminated": {"exitCode": end.code, "reason": reason, "message": end.message} | times}
    # Containers of others run on, unless the kubelet has ended the whole pod.
    beside = len(pod["spec"]["containers"]) > 1 and not end.of_pod
    status = _status(pod, "Running" if beside else "Failed" if end.code else "Succeeded", state)
    if end.of_pod:
        status["reason"] = end.of_pod
    if end.disruption:
        target = {"type": "DisruptionTarget", "status": "True", "reason": end.disruption, "lastTransitionTime": now()}
        status["conditions"] = [*pod["status"]["conditions"], target]
    return status


def now() -> str:
    """Return the time as Kubernetes writes it."""
    return stamp(datetime.now(UTC))


def _status(pod: Json, phase: str, state: Json) -> Json:
    """Return a status; ``state`` is that of the trial's container, which is the first."""
    statuses = [
        {"name": container["name"], "image": container["image"], "imageID": "", "ready": phase == "Running",
         "restartCount": 0, "state": state if place == 0 else _beside(phase)}
        for place, container in enumerate(pod["spec"]["containers"])
    ]  # fmt: skip
    return {"phase": phase, "startTime": pod["status"].get("startTime", now()), "containerStatuses": statuses}


def _beside(phase: str) -> Json:
    """Return the state of a container beside the trial's."""
    match phase:
        case "Running":
            return {"running": {"startedAt": now()}}
        case "Pending":
            return {"waiting": {"reason": "PodInitializing"}}
    return {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now()}}

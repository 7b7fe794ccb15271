"""Why a trial that has a Job does not run: from the Job, its pods, and what Kubernetes' Events say of them.

Nothing waits for more than a minute without a word of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nas_core.clocks import is_recent
from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED, EXIT_OK
from nas_core.reasons import TrialReason
from nas_core.records.conditions import find
from nas_core.records.job import JobView
from nas_core.records.pod import PodView, last_pod
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType
from nas_plan.snapshot import Snapshot

WAITING_MATTERS = {
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}
"""Kubelet's reasons of a waiting container that do not pass by themselves."""
WAITING_GRACE = timedelta(seconds=10)
"""Age of a pod from which they count: until then kubelet may not have been told of a Secret or an image yet."""
SILENCE = timedelta(minutes=1)
"""How long a trial may wait without a reason: volumes are mounted, an image is pulled."""
LOST_NODE_GRACE = timedelta(seconds=60)
"""How long a pod may take to end, beyond its grace period, before its node is taken for lost."""
MOST_STOPS_OF_ONE = 20
"""Stops of one of several pods that count in any case: something interrupts the others each time."""
STOPS = 3
"""An attempt whose container has said so often that it was stopped, though nothing had stopped it, does not go on."""


@dataclass(frozen=True)
class Wait:
    """What holds up a trial; without reason and message if nothing does."""

    reason: TrialReason | None = None
    message: str = ""


def wait_of(trial: TrialView, job: JobView, pods: Sequence[PodView], snapshot: Snapshot) -> Wait:
    """Say why a pending trial does not run."""
    if (stuck := stuck_pod(pods, snapshot.now)).reason:
        return stuck
    if job.held_by:
        return Wait(TrialReason.QUEUED, f"its Job waits in the queue {job.held_by}")
    if job.suspended:
        message = "its Job is suspended, and has no queue: somebody, or a queue for all Jobs, has set its spec.suspend"
        return Wait(TrialReason.JOB_SUSPENDED, message)
    # Of several pods some may run already, and wait for the others.
    alive = [pod for pod in pods if not (pod.ended or pod.runs)]
    for pod in alive:
        if pod.unschedulable:
            return Wait(TrialReason.UNSCHEDULABLE, f"no node takes its pod: {pod.unschedulable}")
        if pod.waiting in WAITING_MATTERS and snapshot.now > pod.created + WAITING_GRACE:
            return Wait(TrialReason.CONTAINER_NOT_STARTED, f"{pod.waiting}: {pod.waiting_message}")
    if alive:
        return _not_started(trial, alive[0], snapshot)
    if (last := last_pod(pods)) and last.exit_code in (EXIT_OK, EXIT_CANDIDATE) and not last.meta.deleting:
        return _unfinished(last, snapshot.now)
    if stops := own_stops(pods, job.nodes):
        # Kubernetes starts another pod after this exit code, and counts nothing.
        message = (
            f"its container has ended with exit code {EXIT_CHECKPOINTED} {len(stops)} of {STOPS} times, as if it had "
            "been stopped, but nothing had stopped it; Kubernetes starts it again"
        )
        return Wait(TrialReason.STOPPED_ITSELF, message)
    return _without_pod(trial, job, pods, snapshot)


def stuck_pod(pods: Sequence[PodView], now: datetime) -> Wait:
    """Say which pod has been ending for too long."""
    # deletionTimestamp is the end of the grace period, not the moment when somebody asked for the deletion.
    stuck = [p for p in pods if p.meta.deleted_at and now > p.meta.deleted_at + LOST_NODE_GRACE]
    if not stuck:
        return Wait()
    pod = stuck[0].meta
    return Wait(
        TrialReason.POD_NOT_ENDING,
        f"pod {pod.name} has been Terminating since {pod.deleted_at:%H:%M:%S}: its node may be lost; the next "
        "attempt starts when the pod is gone (delete the Node, or the pod with --force)",
    )


def own_stops(pods: Sequence[PodView], nodes: int = 1) -> list[PodView]:
    """Return the pods, the newest last, that say that they were stopped and go on later, but that nothing stopped.

    Pods that somebody else has ended (an eviction, a node that shuts down) have a reason or are being deleted. Of
    several side by side (``nodes``) all stop when one is stopped, so that only what all have done counts; unless one
    has done it very often.
    """
    own = [p for p in pods if p.ended and p.exit_code == EXIT_CHECKPOINTED and not p.reason and not p.meta.deleting]
    own.sort(key=lambda p: (p.finished or p.created, p.meta.name))
    of_nodes = sorted(([pod for pod in own if pod.node == node] for node in range(nodes)), key=len)
    return of_nodes[-1] if len(of_nodes[-1]) >= MOST_STOPS_OF_ONE else of_nodes[0]


def to_ask_of(pods: Sequence[PodView], now: datetime) -> list[PodView]:
    """Return the pods whose Events may say why they have not started for so long."""
    return [
        pod
        for pod in pods
        if now > pod.created + SILENCE and not (pod.ended or pod.runs or pod.unschedulable or pod.meta.deleting)
    ]


def _not_started(trial: TrialView, pod: PodView, snapshot: Snapshot) -> Wait:
    if snapshot.now <= pod.created + SILENCE:
        return Wait()
    where = f"waits in {pod.waiting}" if pod.waiting else f"is {pod.phase}"
    general = f"its pod {where} since {pod.created:%H:%M:%S}"
    if snapshot.pod_events is None:
        return _written(trial, TrialReason.POD_NOT_STARTED)
    event = snapshot.pod_events.get(pod.meta.uid)
    return Wait(TrialReason.POD_NOT_STARTED, f"{general}: {event}" if event else general)


def _unfinished(pod: PodView, now: datetime) -> Wait:
    since = pod.finished or pod.created
    if is_recent(since, now, SILENCE):
        return Wait()
    message = f"its pod has ended at {since:%H:%M:%S}, but Kubernetes has not finished its Job"
    return Wait(TrialReason.JOB_NOT_FINISHED, message)


def _without_pod(trial: TrialView, job: JobView, pods: Sequence[PodView], snapshot: Snapshot) -> Wait:
    if snapshot.denied_pods is None:
        return _written(trial, TrialReason.POD_NOT_CREATED)
    if why := snapshot.denied_pods.get(job.meta.uid):
        return Wait(TrialReason.POD_NOT_CREATED, f"its pod is not created: {why}")
    # After a pod that was stopped Kubernetes waits longer and longer before it makes the next one.
    ended = (pod.finished or pod.created for pod in pods if not pod.runs)
    since = max(ended, default=job.created)
    if is_recent(since, snapshot.now, SILENCE):
        return Wait()
    return Wait(TrialReason.POD_NOT_CREATED, f"its Job has no pod since {since:%H:%M:%S}; no Event says why")


def _written(trial: TrialView, reason: TrialReason) -> Wait:
    """Return what the last look that asked the Events has written: it holds between the looks that ask."""
    written = find(trial.status.conditions, ConditionType.PROGRESSING)
    return Wait(reason, written.message) if written is not None and written.reason == reason else Wait()

"""The view of a pod of a trial, and what several pods of one attempt tell together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from nas_core.api.template import MOST_NODES
from nas_core.clocks import is_recent
from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED, EXIT_OK
from nas_core.quantities import count_gpus
from nas_core.records.job import JobView, key_for_pods, trial_container
from nas_core.records.metadata import Json, Meta, parse_time
from nas_core.records.names import ATTEMPT_LABEL, INDEX_LABEL, JOB_KIND_LABEL, TRIAL_LABEL, job_name

_NEVER = datetime.min.replace(tzinfo=UTC)

SAID = 512
"""Characters of what an init container said last that are kept."""

OTHERS_GRACE = timedelta(seconds=10)
"""How long other containers of a pod may outlive the trial's before the Job is not waited for any longer."""


@dataclass(frozen=True)
class PodView:
    """A pod of a trial's Job; the container fields are those of the trial's own container."""

    meta: Meta
    created: datetime
    job: str | None
    """The `pods_key` of its Job; None if it belongs to none."""
    trial: str
    phase: str
    ip: str | None
    reason: str | None
    started: datetime | None
    finished: datetime | None
    exit_code: int | None
    exit_reason: str | None
    message: str
    waiting: str | None
    waiting_message: str
    unschedulable: str | None
    image_id: str | None
    stop_asked: datetime | None = None
    """When somebody asked for its deletion."""
    gpus: int = 0
    """Of the trial's own container, by its limits."""
    failed_before: str | None = None
    """How an init container has ended, if one has failed: the trial's own has never begun."""
    node: int = 0
    """Which of its Job's pods it is: the first one, which tells the result, or another one."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> PodView:
        """Cut the view out of a raw object."""
        meta, status, labels = Meta.of(raw), raw.get("status", {}), raw["metadata"].get("labels", {})
        container = trial_container(status.get("containerStatuses", ()))
        state = container.get("state", {})
        terminated, waiting, running = state.get("terminated"), state.get("waiting"), state.get("running")
        unschedulable = [
            c.get("message", c.get("reason", "Unschedulable"))
            for c in status.get("conditions", ())
            if c["type"] == "PodScheduled" and c["status"] == "False"
        ]
        return cls(
            meta=meta,
            created=datetime.fromisoformat(raw["metadata"]["creationTimestamp"]),
            job=_named(meta.namespace, labels) if JOB_KIND_LABEL in labels else meta.owner_uid,
            trial=labels.get(TRIAL_LABEL, ""),
            phase=status.get("phase", "Pending"),
            ip=status.get("podIP"),
            reason=status.get("reason"),
            # The time of the start is kept when the container's state changes from running to terminated.
            started=parse_time((running or terminated or {}).get("startedAt")),
            finished=parse_time((terminated or {}).get("finishedAt")),
            exit_code=terminated.get("exitCode") if terminated else None,
            exit_reason=terminated.get("reason") if terminated else None,
            message=(terminated or {}).get("message", ""),
            waiting=(waiting or {}).get("reason"),
            waiting_message=(waiting or {}).get("message", ""),
            unschedulable=unschedulable[0] if unschedulable else None,
            image_id=container.get("imageID") or None,
            stop_asked=_asked(raw["metadata"], meta),
            gpus=count_gpus(
                trial_container(raw.get("spec", {}).get("containers", ())).get("resources", {}).get("limits", {})
            ),
            failed_before=_failed_before(status),
            node=_node(labels.get(INDEX_LABEL, "")),
        )

    @property
    def ended(self) -> bool:
        """Whether its containers have ended for good."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def runs(self) -> bool:
        """Whether the trial's container runs."""
        # A pod that is being deleted keeps the phase Running until its containers have ended, and one with containers
        # of others is Running as soon as one of them is.
        return self.phase == "Running" and not (self.meta.deleting or self.waiting or self.exit_code is not None)

    @property
    def ended_by_itself(self) -> bool:
        """Whether the trial's container had ended before somebody asked for the pod's deletion."""
        # The time of asking is lost when kubelet removes the pod: it then has that of the removal. But who is killed
        # from outside has not ended by itself.
        if self.exit_code in KILLED and self.exit_reason != "OOMKilled":
            return False
        return self.finished is not None and (self.stop_asked is None or self.finished < self.stop_asked)

    @property
    def failed_by_itself(self) -> bool:
        """Whether it has failed, and neither because it was stopped nor because somebody took it away."""
        if self.exit_code is None:
            return self.phase == "Failed" and not self.meta.deleting
        return self.exit_code not in (EXIT_OK, EXIT_CHECKPOINTED) and self.ended_by_itself


KILLED = (128 + 9, 128 + 15)
"""Exit codes of a container that SIGKILL or SIGTERM has ended."""


def _asked(raw: Mapping[str, Any], meta: Meta) -> datetime | None:
    """Return when a deletion was asked for: deletionTimestamp is the end of the grace period."""
    grace = timedelta(seconds=raw.get("deletionGracePeriodSeconds") or 0)
    return meta.deleted_at - grace if meta.deleted_at else None


def _named(namespace: str, labels: Mapping[str, str]) -> str:
    return key_for_pods(namespace, job_name(labels.get(TRIAL_LABEL, ""), int(labels.get(ATTEMPT_LABEL, "0"))))


def _node(label: str) -> int:
    # Anybody may make a pod with such a label.
    return min(int(label), MOST_NODES) if label.isdecimal() else 0


def _failed_before(status: Json) -> str | None:
    for container in status.get("initContainerStatuses", ()):
        ended = container.get("state", {}).get("terminated")
        if ended and ended["exitCode"]:
            said = f": {ended['message'].strip()[-SAID:]}" if ended.get("message") else ""
            return f"its init container {container['name']} ended with exit code {ended['exitCode']}{said}"
    return None


def ended_beside_others(pods: Iterable[PodView], now: datetime) -> PodView | None:
    """Return the pod whose trial has ended while others go on, if they have done so for a while.

    Others are containers beside the trial's or, where the first pod of several has ended well, the other pods.
    """
    pods = tuple(pods)
    beside = any(not pod.ended for pod in pods if pod.node)
    return next(
        (
            pod
            for pod in pods
            if (pod.phase == "Running" or (beside and pod.node == 0 and pod.exit_code == EXIT_OK))
            and pod.exit_code is not None
            and not pod.meta.deleting
            and not is_recent(pod.finished or pod.created, now, OTHERS_GRACE)
        ),
        None,
    )


def past_deadline(job: JobView, pods: Iterable[PodView], now: datetime) -> bool:
    """Whether the pod of a kind that has no deadline of its own has run for longer than it may."""
    if job.kind is None or job.deadline_s is None or job.finished:
        return False
    started = min((pod.started for pod in pods if pod.started), default=now)
    return now - started > timedelta(seconds=job.deadline_s)


def run_seconds(pods: Iterable[PodView], now: datetime) -> float:
    """Return how long the trial's containers in some pods have run, all together."""
    # The two times may come from the clocks of different machines.
    spans = [(pod.finished or now) - pod.started for pod in pods if pod.started]
    return sum(max(0.0, span.total_seconds()) for span in spans)


def last_pod(pods: Iterable[PodView]) -> PodView | None:
    """Return the pod that ended (or started) last."""
    # Of equal times the name decides, so that every look sees the same pod.
    return max(pods, key=lambda pod: (pod.finished or pod.started or _NEVER, pod.meta.name), default=None)


def telling_pod(pods: Iterable[PodView]) -> PodView | None:
    """Return the pod whose end tells how an attempt has ended: of one pod at a time the last one.

    Of several side by side it is the first one's if that ended well, as it alone tells the result; else that of the
    one which failed by itself first, as the others fail or are stopped for it; else of one that somebody took away.
    """
    pods = tuple(pods)
    first = last_pod(pod for pod in pods if pod.node == 0)
    if not any(pod.node for pod in pods) or (first and first.exit_code == EXIT_OK):
        return first
    # Of each the newest: those before it were stopped, and took up again.
    newest = {pod.node: pod for pod in sorted(pods, key=lambda pod: pod.created)}
    over = (pod for pod in newest.values() if pod.ended or pod.exit_code is not None)
    ended = sorted(over, key=lambda pod: (pod.finished or pod.created, pod.node))
    rejected = (pod for pod in ended if pod.exit_code == EXIT_CANDIDATE)
    failed = (pod for pod in ended if pod.failed_by_itself)
    taken = (pod for pod in ended if pod.meta.deleting or pod.exit_code in KILLED)
    return next(chain(rejected, failed, taken), first)

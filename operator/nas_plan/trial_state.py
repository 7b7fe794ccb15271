"""The state of one trial: from its record, its newest Job, that Job's pods and what was collected.

This is the state machine of a trial. `judge` looks only at what exists, never at what was done before.
`nas_plan.attempt_end` says how an attempt has ended, once its Job has finished.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nas_core.backoff import backoff
from nas_core.contract import EXIT_CHECKPOINTED
from nas_core.reasons import TrialReason
from nas_core.records.conditions import find
from nas_core.records.objects import JobView, PodView, TrialView, last_pod
from nas_core.states import AttemptOutcome, ConditionType, State
from nas_plan.attempt_end import AttemptEnd
from nas_plan.judgement import Judgement
from nas_plan.snapshot import Collected, Snapshot

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

TRIED_AGAIN = {AttemptOutcome.CRASHED, AttemptOutcome.LOST}
"""Endings of an attempt after which the next one waits a while."""

RETRY_BASE_S, RETRY_LIMIT_S = 1.0, 60.0
SHORT_RUN, SHORT_RUNS = timedelta(seconds=60), 6
"""An attempt whose newest so many pods ran for less than this and said that they go on later does not go on at all."""
LOST_NODE_GRACE = timedelta(seconds=60)
"""How long a pod may take to end, beyond its grace period, before its node is taken for lost."""


def judge(trial: TrialView, snapshot: Snapshot, max_attempts: int) -> Judgement:
    """Judge one trial."""
    jobs = snapshot.jobs.get(trial.meta.name, ())
    # The record is final: decisions have seen it, so nothing that its Job does later may change it.
    if trial.recorded:
        return Judgement(trial, State.SUCCEEDED if trial.succeeded else State.FAILED, job=jobs[-1] if jobs else None)
    past = {attempt.number for attempt in trial.status.attempts}
    job = jobs[-1] if jobs else None
    if job is None or (job.attempt in past and not _has_to_end(job)):
        if trial.meta.name in snapshot.leftovers:
            # Two pods of one trial must not write side by side; the next attempt may even have the same number.
            message = "a pod of a Job that was deleted is still ending"
            return Judgement(trial, State.STOPPING, message, TrialReason.POD_ENDING)
        return _ready(trial, max(past, default=0) + 1)
    pods = snapshot.pods.get(job.meta.uid, ())
    # Foreground deletion keeps the Job until its pods are gone, and its slot with it.
    if job.meta.deleting or job.attempt in past:
        stuck = _stuck(pods, snapshot.now)
        return Judgement(trial, State.STOPPING, stuck.message, stuck.reason, job)
    if job.finished:
        collected = snapshot.collected.get(job.meta.uid)
        if collected is None:
            message = "its result cannot be read yet"
            return Judgement(trial, State.COLLECTING, message, TrialReason.RESULT_UNREAD, job)
        return AttemptEnd(trial, job, last_pod(pods), collected, max_attempts).judge(snapshot.now)
    # A pod that is being deleted keeps the phase Running until its containers have ended.
    running = any(pod.phase == "Running" and not pod.meta.deleting for pod in pods)
    if running:
        return Judgement(trial, State.RUNNING, job=job)
    if (pod := _ends_at_once(pods)) is not None:
        message = (
            f"the container ended with exit code {EXIT_CHECKPOINTED} {SHORT_RUNS} times within {SHORT_RUN.seconds} s "
            "of its start: the code means that it was stopped, but nothing had stopped it"
        )
        return AttemptEnd(trial, job, pod, Collected(None), max_attempts).crash(AttemptOutcome.CRASHED, message)
    wait = _wait(trial, job, pods, snapshot)
    return Judgement(trial, State.PENDING, wait.message, wait.reason, job)


def _ends_at_once(pods: Sequence[PodView]) -> PodView | None:
    """Return the last pod of an attempt that would go on for ever: it ends soon, again and again, as if stopped.

    Kubernetes starts another pod after this exit code and counts nothing. Pods that somebody else has ended (an
    eviction, a node that shuts down) have a reason.
    """
    own = [p for p in pods if p.ended and p.exit_code == EXIT_CHECKPOINTED and not p.reason and not p.meta.deleting]
    newest = sorted(own, key=lambda p: (p.finished or p.created, p.meta.name))[-SHORT_RUNS:]
    short = [p for p in newest if p.started and p.finished and p.finished - p.started < SHORT_RUN]
    return newest[-1] if len(short) == SHORT_RUNS else None


def _has_to_end(job: JobView) -> bool:
    """Whether the Job of a recorded attempt still has to go before the next attempt may start."""
    return job.meta.deleting or not job.finished


def _ready(trial: TrialView, number: int) -> Judgement:
    """A trial without a Job may start at once, or after a crash when 1, 2, 4 … 60 s have passed."""
    last = trial.status.attempts[-1] if trial.status.attempts else None
    not_before = None
    if last and last.outcome in TRIED_AGAIN and last.completion_time:
        crashes = sum(a.outcome in TRIED_AGAIN for a in trial.status.attempts)
        not_before = last.completion_time + timedelta(seconds=backoff(crashes, RETRY_BASE_S, RETRY_LIMIT_S))
    return Judgement(trial, State.READY, last.reason if last else "", next_attempt=number, not_before=not_before)


@dataclass(frozen=True)
class _Wait:
    """What holds up a trial; without reason and message if nothing does."""

    reason: TrialReason | None = None
    message: str = ""


def _wait(trial: TrialView, job: JobView, pods: Sequence[PodView], snapshot: Snapshot) -> _Wait:
    """Say why a pending trial does not run."""
    if (stuck := _stuck(pods, snapshot.now)).reason:
        return stuck
    for pod in pods:
        if pod.unschedulable:
            return _Wait(TrialReason.UNSCHEDULABLE, f"no node takes its pod: {pod.unschedulable}")
        if pod.waiting in WAITING_MATTERS and snapshot.now > pod.created + WAITING_GRACE:
            return _Wait(TrialReason.CONTAINER_NOT_STARTED, f"{pod.waiting}: {pod.waiting_message}")
    if pods:
        return _Wait()
    if snapshot.denied_pods is None:
        # Not asked on this look: what the last one that asked has written still holds.
        written = find(trial.status.conditions, ConditionType.PROGRESSING)
        if written is None or written.reason != TrialReason.POD_NOT_CREATED:
            return _Wait()
        return _Wait(TrialReason.POD_NOT_CREATED, written.message)
    why = snapshot.denied_pods.get(job.meta.uid)
    return _Wait(TrialReason.POD_NOT_CREATED, f"its pod is not created: {why}") if why else _Wait()


def _stuck(pods: Sequence[PodView], now: datetime) -> _Wait:
    """Say which pod has been ending for too long."""
    # deletionTimestamp is the end of the grace period, not the moment when somebody asked for the deletion.
    stuck = [p for p in pods if p.meta.deleted_at and now > p.meta.deleted_at + LOST_NODE_GRACE]
    if not stuck:
        return _Wait()
    pod = stuck[0].meta
    return _Wait(
        TrialReason.POD_NOT_ENDING,
        f"pod {pod.name} has been Terminating since {pod.deleted_at:%H:%M:%S}: its node may be lost; the next "
        "attempt starts when the pod is gone (delete the Node, or the pod with --force)",
    )

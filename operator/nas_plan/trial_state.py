"""What state one trial is in, judged from its record, its newest Job, that Job's pods and what was collected.

This is the whole state machine of a trial: `judge` looks at the facts as they are, never at what was done before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from nas_core.api.trial import Attempt, StopEvidence
from nas_core.backoff import backoff
from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED, TrialResult
from nas_core.records.conditions import MESSAGE_LIMIT, find
from nas_core.records.objects import JobView, PodView, TrialView
from nas_plan.snapshot import Collected, Snapshot


class State(StrEnum):
    """States of a trial. The last two are endings that are not yet recorded."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    READY = "Ready"
    """Without a Job: waits for its (next) attempt."""
    PENDING = "Pending"
    """With a Job whose pod does not run yet."""
    RUNNING = "Running"
    STOPPING = "Stopping"
    """Its Job is being deleted; the pod writes its checkpoint."""
    COLLECTING = "Collecting"
    """Its Job has finished and the result could not be read yet."""
    CRASHED = "Crashed"
    """This attempt came to nothing; to be recorded, then tried again or given up."""
    ENDED = "Ended"
    """With a final result; to be recorded."""


ACTIVE = {State.PENDING, State.RUNNING, State.STOPPING}
"""States that hold one of the search's parallel slots."""

WAITING_MATTERS = {
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}
"""Reasons of a waiting container that do not pass by themselves …"""
WAITING_GRACE = timedelta(seconds=10)
"""… once its pod is older than this: kubelet stumbles over a Secret or an image it is still being told of."""

_NEVER = datetime.min.replace(tzinfo=UTC)
RETRY_BASE_S, RETRY_LIMIT_S = 1.0, 60.0
SHORT_RUN, SHORT_RUNS = timedelta(seconds=60), 6
"""An attempt whose newest so many pods ran for less than this and said that they go on later does not go on at all."""
LOST_NODE_GRACE = timedelta(seconds=60)
RESULT_GRACE = timedelta(seconds=10)
"""How long the watch of pods may lag behind the watch of Jobs before a finished Job's pod is judged as it is seen."""


@dataclass(frozen=True)
class Judgement:
    """The state of a trial and what follows from it."""

    trial: TrialView
    state: State
    message: str = ""
    job: JobView | None = None
    result: TrialResult | None = None
    attempt: Attempt | None = None
    """The attempt that has just ended, to be recorded."""
    next_attempt: int = 1
    not_before: datetime | None = None
    """For READY: when the next attempt may start."""
    log: str | None = None
    image_id: str | None = None
    evidence: StopEvidence | None = None
    """Of a trial that is to be stopped early: why."""

    @property
    def leaving(self) -> bool:
        """Whether its result is on record but its Job still runs, which has to go then."""
        return self.trial.recorded and self.job is not None and not self.job.finished

    @property
    def active(self) -> bool:
        """Whether it holds a slot."""
        return self.state in ACTIVE or self.leaving


def judge(trial: TrialView, snapshot: Snapshot, max_attempts: int) -> Judgement:
    """Judge one trial."""
    jobs = snapshot.jobs.get(trial.meta.name, ())
    if trial.recorded:
        return Judgement(trial, State.SUCCEEDED if trial.succeeded else State.FAILED, job=jobs[-1] if jobs else None)
    past = {attempt.number for attempt in trial.status.attempts}
    job = jobs[-1] if jobs else None
    if job is None or (job.attempt in past and not _lingers(job)):
        if trial.meta.name in snapshot.leftovers:
            # Two pods of one trial must not write side by side; the next attempt may even have the same number.
            return Judgement(trial, State.STOPPING, "a pod of a Job that was deleted is still ending")
        return _ready(trial, max(past, default=0) + 1)
    pods = snapshot.pods.get(job.meta.uid, ())
    if job.meta.deleting or job.attempt in past:
        return Judgement(trial, State.STOPPING, _stuck_message(pods, snapshot.now), job)
    if job.finished:
        return _finished(trial, job, pods, snapshot.collected.get(job.meta.uid), snapshot.now, max_attempts)
    running = any(pod.phase == "Running" and not pod.meta.deleting for pod in pods)
    if running:
        return Judgement(trial, State.RUNNING, job=job)
    if (pod := _ends_at_once(pods)) is not None:
        message = (
            f"the container ended with exit code {EXIT_CHECKPOINTED} {SHORT_RUNS} times within {SHORT_RUN.seconds} s "
            "of its start: that says it was stopped and goes on later, but nobody had stopped it"
        )
        return _crashed(trial, job, pod, "Crashed", message, None, None, max_attempts)
    return Judgement(trial, State.PENDING, _pending_message(trial, job, pods, snapshot), job)


def _ends_at_once(pods: Sequence[PodView]) -> PodView | None:
    """Return the last pod of an attempt that would go on for ever: it ends soon, again and again, as if stopped.

    Kubernetes starts another pod after this exit code and counts nothing. Pods that somebody else has ended (an
    eviction, a node that shuts down) have a reason.
    """
    own = [p for p in pods if p.ended and p.exit_code == EXIT_CHECKPOINTED and not p.reason and not p.meta.deleting]
    newest = sorted(own, key=lambda p: (p.finished or p.created, p.meta.name))[-SHORT_RUNS:]
    short = [p for p in newest if p.started and p.finished and p.finished - p.started < SHORT_RUN]
    return newest[-1] if len(short) == SHORT_RUNS else None


def _lingers(job: JobView) -> bool:
    """Whether the Job of a recorded attempt still has to go before the next attempt may start."""
    return job.meta.deleting or not job.finished


def _ready(trial: TrialView, number: int) -> Judgement:
    """A trial without a Job may start at once, or after a crash when 1, 2, 4 … 60 s have passed."""
    last = trial.status.attempts[-1] if trial.status.attempts else None
    not_before = None
    if last and last.outcome in ("Crashed", "Lost") and last.completion_time:
        crashes = sum(a.outcome in ("Crashed", "Lost") for a in trial.status.attempts)
        not_before = last.completion_time + timedelta(seconds=backoff(crashes, RETRY_BASE_S, RETRY_LIMIT_S))
    return Judgement(trial, State.READY, last.reason if last else "", next_attempt=number, not_before=not_before)


def _finished(
    trial: TrialView,
    job: JobView,
    pods: Sequence[PodView],
    collected: Collected | None,
    now: datetime,
    max_attempts: int,
) -> Judgement:
    if collected is None:
        return Judgement(trial, State.COLLECTING, "its result cannot be read yet", job)
    pod = last_pod(pods)
    image = pod.image_id if pod else None
    result = collected.result
    if result and result.outcome != "Failed":
        return Judgement(trial, State.ENDED, "", job, result, _attempt(job, pod, "Succeeded"), image_id=image)
    # The pod's end brings the exit code and the termination message; of a failed Job the pod may have been deleted.
    unseen = job.complete if pod is None else not pod.ended
    if unseen and job.end_time and now < job.end_time + RESULT_GRACE:
        return Judgement(trial, State.COLLECTING, "the end of its pod has not been seen yet", job)
    if job.complete:
        missing = TrialResult(
            outcome="Failed",
            reason="ResultMissing",
            message="the container ended with exit code 0 but wrote no result; see the trial contract",
        )
        return _given_up(trial, job, pod, result or missing, collected.log)
    if job.failed_reason == "DeadlineExceeded" and not _has_run(trial, pod):
        message = "its pod did not start within evaluation.maxTrialDuration"
        return _crashed(trial, job, pod, "Lost", message, result, collected.log, max_attempts)
    if job.failed_reason == "DeadlineExceeded":
        deadline = TrialResult(
            outcome="Failed",
            reason="DeadlineExceeded",
            message="ran longer than evaluation.maxTrialDuration; raise it or train fewer epochs",
        )
        return _given_up(trial, job, pod, deadline, collected.log)
    if job.failed_reason == "PodFailurePolicy" or (pod and pod.exit_code == EXIT_CANDIDATE):
        wrong = TrialResult(outcome="Failed", reason="CandidateRejected", message=f"exit code {EXIT_CANDIDATE}")
        return _given_up(trial, job, pod, result or wrong, collected.log)
    if pod is None or pod.meta.deleting:
        message = "its pod was deleted while it ran" if pod else "its pod is gone without a trace"
        return _crashed(trial, job, pod, "Lost", message, result, collected.log, max_attempts)
    return _crashed(trial, job, pod, "Crashed", crash_message(pod, job), result, collected.log, max_attempts)


def _has_run(trial: TrialView, pod: PodView | None) -> bool:
    """Whether the attempt got as far as running. Kubernetes deletes the pod of a Job that passed its deadline."""
    progressing = find(trial.status.conditions, "Progressing")
    return (pod is not None and pod.started is not None) or (
        progressing is not None and progressing.reason == State.RUNNING
    )


def _given_up(trial: TrialView, job: JobView, pod: PodView | None, result: TrialResult, log: str | None) -> Judgement:
    attempt = _attempt(job, pod, "Failed", result.reason or "Failed")
    return Judgement(
        trial, State.ENDED, result.message, job, result, attempt, log=log, image_id=pod.image_id if pod else None
    )


def _crashed(
    trial: TrialView,
    job: JobView,
    pod: PodView | None,
    outcome: str,
    message: str,
    result: TrialResult | None,
    log: str | None,
    max_attempts: int,
) -> Judgement:
    reason = (pod.exit_reason if pod and pod.exit_reason not in (None, "Error") else None) or outcome
    if result and result.reason:
        reason, message = result.reason, result.message or message
    attempt = _attempt(job, pod, outcome, reason)
    crashes = 1 + sum(a.outcome == "Crashed" for a in trial.status.attempts)
    # A lost pod (its node vanished, it never started in time) says nothing about the trial and costs no attempt.
    if outcome == "Crashed" and crashes >= max_attempts:
        count = f" (attempt {crashes} of {max_attempts})"
        final = TrialResult(outcome="Failed", reason=reason, message=message[: MESSAGE_LIMIT - len(count)] + count)
        return Judgement(
            trial, State.ENDED, final.message, job, final, attempt, log=log, image_id=pod.image_id if pod else None
        )
    return Judgement(trial, State.CRASHED, message, job, attempt=attempt, log=log)


def last_pod(pods: Sequence[PodView]) -> PodView | None:
    """Return the pod that ended (or started) last."""
    return max(pods, key=lambda pod: (pod.finished or pod.started or _NEVER, pod.meta.name), default=None)


def crash_message(pod: PodView | None, job: JobView) -> str:
    """Say how a container ended, for people."""
    if pod is None:
        return job.failed_message or "its pod failed"
    if pod.exit_reason == "OOMKilled":
        limit = "trialTemplate.resources.limits.memory"
        return f"the container used more memory than {limit} allows; raise it or use a smaller batchSize"
    if pod.exit_code is not None:
        return f"the container ended with exit code {pod.exit_code}" + (
            f" ({pod.exit_reason})" if pod.exit_reason else ""
        )
    return f"its pod failed ({pod.reason})" if pod.reason else "its pod failed"


def _attempt(job: JobView, pod: PodView | None, outcome: str, reason: str = "") -> Attempt:
    return Attempt.model_validate(
        {
            "number": job.attempt,
            "outcome": outcome,
            "reason": reason[:128],
            "startTime": (pod.started if pod else None) or job.start_time or job.created,
            "completionTime": (pod.finished if pod else None) or job.end_time,
        }
    )


def _pending_message(trial: TrialView, job: JobView, pods: Sequence[PodView], snapshot: Snapshot) -> str:
    if stuck := _stuck_message(pods, snapshot.now):
        return stuck
    for pod in pods:
        if pod.unschedulable:
            return f"no node takes its pod: {pod.unschedulable}"
        if pod.waiting in WAITING_MATTERS and snapshot.now > pod.created + WAITING_GRACE:
            return f"{pod.waiting}: {pod.waiting_message}"
    if pods:
        return ""
    if snapshot.refusals is None:
        # Not asked on this look: what the last one that asked has written still holds.
        told = find(trial.status.conditions, "Progressing")
        return told.message if told and told.reason == State.PENDING else ""
    refusal = snapshot.refusals.get(job.meta.uid)
    return f"its pod is not created: {refusal}" if refusal else ""


def _stuck_message(pods: Sequence[PodView], now: datetime) -> str:
    stuck = [p for p in pods if p.meta.deleted_at and now > p.meta.deleted_at + LOST_NODE_GRACE]
    if stuck:
        pod = stuck[0].meta
        return (
            f"pod {pod.name} has been Terminating since {pod.deleted_at:%H:%M:%S}: its node may be lost; the next "
            "attempt starts when the pod is gone (delete the Node, or the pod with --force)"
        )
    return ""

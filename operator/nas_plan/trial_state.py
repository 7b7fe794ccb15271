"""What state one trial is in, judged from its record, its newest Job, that Job's pods and what was collected.

This is the whole state machine of a trial: `judge` looks at the facts as they are, never at what was done before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nas_core.api.trial import Attempt, StopEvidence
from nas_core.backoff import backoff
from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED, TrialResult
from nas_core.reasons import TrialReason
from nas_core.records.conditions import MESSAGE_LIMIT, find
from nas_core.records.objects import JobView, PodView, TrialView
from nas_core.states import AttemptOutcome, ConditionType, Outcome, State
from nas_plan.snapshot import Collected, Snapshot

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
"""Kubelet's reasons of a waiting container that do not pass by themselves."""
WAITING_GRACE = timedelta(seconds=10)
"""Age of a pod from which they count: until then kubelet may not have been told of a Secret or an image yet."""

TRIED_AGAIN = {AttemptOutcome.CRASHED, AttemptOutcome.LOST}
"""Endings of an attempt after which the next one waits a while."""

_NEVER = datetime.min.replace(tzinfo=UTC)
RETRY_BASE_S, RETRY_LIMIT_S = 1.0, 60.0
SHORT_RUN, SHORT_RUNS = timedelta(seconds=60), 6
"""An attempt whose newest so many pods ran for less than this and said that they go on later does not go on at all."""
LOST_NODE_GRACE = timedelta(seconds=60)
"""How long a pod may take to end, beyond its grace period, before its node is taken for lost."""
RESULT_GRACE = timedelta(seconds=10)
"""How long the watch of pods may lag behind the watch of Jobs before a finished Job's pod is judged as it is seen."""


@dataclass(frozen=True)
class Judgement:
    """The state of a trial and what follows from it."""

    trial: TrialView
    state: State
    message: str = ""
    """For people; nothing is decided by it."""
    reason: TrialReason | None = None
    """Of a trial that has a Job: what holds it up, if anything does."""
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
            message = "a pod of a Job that was deleted is still ending"
            return Judgement(trial, State.STOPPING, message, TrialReason.POD_ENDING)
        return _ready(trial, max(past, default=0) + 1)
    pods = snapshot.pods.get(job.meta.uid, ())
    if job.meta.deleting or job.attempt in past:
        stuck = _stuck(pods, snapshot.now)
        return Judgement(trial, State.STOPPING, stuck.message, stuck.reason, job)
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
        return _crashed(trial, job, pod, AttemptOutcome.CRASHED, message, None, None, max_attempts)
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


def _lingers(job: JobView) -> bool:
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


def _finished(
    trial: TrialView,
    job: JobView,
    pods: Sequence[PodView],
    collected: Collected | None,
    now: datetime,
    max_attempts: int,
) -> Judgement:
    if collected is None:
        return Judgement(trial, State.COLLECTING, "its result cannot be read yet", TrialReason.RESULT_UNREAD, job)
    pod = last_pod(pods)
    image = pod.image_id if pod else None
    result = collected.result
    if result and result.outcome != Outcome.FAILED:
        attempt = _attempt(job, pod, AttemptOutcome.SUCCEEDED)
        return Judgement(trial, State.ENDED, job=job, result=result, attempt=attempt, image_id=image)
    # The pod's end brings the exit code and the termination message; of a failed Job the pod may have been deleted.
    unseen = job.complete if pod is None else not pod.ended
    if unseen and job.end_time and now < job.end_time + RESULT_GRACE:
        message = "the end of its pod has not been seen yet"
        return Judgement(trial, State.COLLECTING, message, TrialReason.POD_END_UNSEEN, job)
    if job.complete:
        missing = TrialResult(
            outcome=Outcome.FAILED,
            reason=TrialReason.RESULT_MISSING,
            message="the container ended with exit code 0 but wrote no result; see the trial contract",
        )
        return _given_up(trial, job, pod, result or missing, collected.log)
    if job.failed_reason == TrialReason.DEADLINE_EXCEEDED and not _has_run(trial, pod):
        message = "its pod did not start within evaluation.maxTrialDuration"
        return _crashed(trial, job, pod, AttemptOutcome.LOST, message, result, collected.log, max_attempts)
    if job.failed_reason == TrialReason.DEADLINE_EXCEEDED:
        deadline = TrialResult(
            outcome=Outcome.FAILED,
            reason=TrialReason.DEADLINE_EXCEEDED,
            message="ran longer than evaluation.maxTrialDuration; raise it or train fewer epochs",
        )
        return _given_up(trial, job, pod, deadline, collected.log)
    if job.failed_reason == "PodFailurePolicy" or (pod and pod.exit_code == EXIT_CANDIDATE):
        wrong = TrialResult(
            outcome=Outcome.FAILED, reason=TrialReason.CANDIDATE_REJECTED, message=f"exit code {EXIT_CANDIDATE}"
        )
        return _given_up(trial, job, pod, result or wrong, collected.log)
    if pod is None or pod.meta.deleting:
        message = "its pod was deleted while it ran" if pod else "its pod is gone without a trace"
        return _crashed(trial, job, pod, AttemptOutcome.LOST, message, result, collected.log, max_attempts)
    return _crashed(
        trial, job, pod, AttemptOutcome.CRASHED, crash_message(pod, job), result, collected.log, max_attempts
    )


def _has_run(trial: TrialView, pod: PodView | None) -> bool:
    """Whether the attempt got as far as running. Kubernetes deletes the pod of a Job that passed its deadline."""
    progressing = find(trial.status.conditions, ConditionType.PROGRESSING)
    return (pod is not None and pod.started is not None) or (
        progressing is not None and progressing.reason == State.RUNNING
    )


def _given_up(trial: TrialView, job: JobView, pod: PodView | None, result: TrialResult, log: str | None) -> Judgement:
    attempt = _attempt(job, pod, AttemptOutcome.FAILED, result.reason or AttemptOutcome.FAILED)
    return _ended(trial, job, pod, result, attempt, log)


def _ended(
    trial: TrialView, job: JobView, pod: PodView | None, result: TrialResult, attempt: Attempt, log: str | None
) -> Judgement:
    image = pod.image_id if pod else None
    return Judgement(
        trial, State.ENDED, result.message, job=job, result=result, attempt=attempt, log=log, image_id=image
    )


def _crashed(
    trial: TrialView,
    job: JobView,
    pod: PodView | None,
    outcome: AttemptOutcome,
    message: str,
    result: TrialResult | None,
    log: str | None,
    max_attempts: int,
) -> Judgement:
    reason = (pod.exit_reason if pod and pod.exit_reason not in (None, "Error") else None) or outcome
    if result and result.reason:
        reason, message = result.reason, result.message or message
    attempt = _attempt(job, pod, outcome, reason)
    crashes = 1 + sum(a.outcome == AttemptOutcome.CRASHED for a in trial.status.attempts)
    # A lost pod (its node vanished, it never started in time) says nothing about the trial and costs no attempt.
    if outcome == AttemptOutcome.CRASHED and crashes >= max_attempts:
        count = f" (attempt {crashes} of {max_attempts})"
        final = TrialResult(
            outcome=Outcome.FAILED, reason=reason, message=message[: MESSAGE_LIMIT - len(count)] + count
        )
        return _ended(trial, job, pod, final, attempt, log)
    return Judgement(trial, State.CRASHED, message, job=job, attempt=attempt, log=log)


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


def _attempt(job: JobView, pod: PodView | None, outcome: AttemptOutcome, reason: str = "") -> Attempt:
    return Attempt(
        number=job.attempt,
        outcome=outcome,
        reason=reason[:128],
        start_time=(pod.started if pod else None) or job.start_time or job.created,
        completion_time=(pod.finished if pod else None) or job.end_time,
    )


@dataclass(frozen=True)
class _Wait:
    """What holds a trial up; neither reason nor message if nothing does."""

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
    stuck = [p for p in pods if p.meta.deleted_at and now > p.meta.deleted_at + LOST_NODE_GRACE]
    if not stuck:
        return _Wait()
    pod = stuck[0].meta
    return _Wait(
        TrialReason.POD_NOT_ENDING,
        f"pod {pod.name} has been Terminating since {pod.deleted_at:%H:%M:%S}: its node may be lost; the next "
        "attempt starts when the pod is gone (delete the Node, or the pod with --force)",
    )

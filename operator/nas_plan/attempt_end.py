"""How an attempt of a trial has ended: from its finished Job, its last pod, and what they left.

A trial ends with its result, or fails when another attempt cannot help. Anything else is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from nas_core.api.trial import Attempt
from nas_core.clocks import is_recent
from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED, EXIT_OK, TrialResult
from nas_core.reasons import TrialReason
from nas_core.records.conditions import MESSAGE_LIMIT, find
from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_core.records.trial import TrialView
from nas_core.states import AttemptOutcome, ConditionType, Outcome, State, Work
from nas_plan.judgement import Judgement
from nas_plan.snapshot import Collected

DELETED = "its pod was deleted while it ran"
MOST_LOST = 20
"""Attempts of a trial that ran and were lost, after which no further one is made: something takes every pod away."""
RESULT_GRACE = timedelta(seconds=10)
"""How long the watch of pods may lag behind the watch of Jobs before a finished Job's pod is judged as it is seen."""


@dataclass(frozen=True)
class AttemptEnd:
    """An attempt that is over."""

    trial: TrialView
    job: JobView
    pod: PodView | None
    """The pod that tells how it ended; None if there is none any more."""
    left: Collected
    max_attempts: int
    earlier_s: float = 0.0
    """Seconds that other pods of its Job have run, before or side by side with it."""

    def judge(self, now: datetime) -> Judgement:
        """Judge the trial by this attempt."""
        job, pod, result = self.job, self.pod, self.left.result
        # A result counts more than how the Job ended: the pod may have been evicted just after it wrote it.
        if result and result.outcome != Outcome.FAILED:
            return self._end(result, self._attempt(AttemptOutcome.SUCCEEDED), message="")
        # The pod's end brings exit code and termination message; of a failed Job the pod may have been deleted.
        unseen = job.complete if pod is None else not pod.ended and pod.exit_code is None
        if unseen and job.end_time and is_recent(job.end_time, now, RESULT_GRACE):
            message = "the end of its pod has not been seen yet"
            return Judgement(self.trial, State.COLLECTING, message, TrialReason.POD_END_UNSEEN, job)
        # Of the trial's own container: a Job also waits for others in the pod, and fails with them.
        ended_well = pod is not None and pod.exit_code == EXIT_OK
        if job.complete or (ended_well and job.failed_reason != TrialReason.DEADLINE_EXCEEDED):
            return self._without_success()
        if job.failed_reason == TrialReason.DEADLINE_EXCEEDED:
            # activeDeadlineSeconds counts from the Job's startTime: the wait for a node and the pull of the image are
            # part of it.
            if not self._has_run:
                message = "its pod did not start within evaluation.maxTrialDuration"
                return self.crash(AttemptOutcome.LOST, message, TrialReason.POD_NOT_STARTED)
            if job.shortened_by:
                message = f"ran longer than {job.shortened_by} had left for it; raise that, and it goes on"
                return self.crash(AttemptOutcome.LOST, message, TrialReason.DEADLINE_EXCEEDED)
            message = "ran longer than evaluation.maxTrialDuration; raise it or train fewer epochs"
            return self._give_up(_failure(TrialReason.DEADLINE_EXCEEDED, message))
        # The reason that KEP-3329 gives a Job when a rule with the action FailJob matched: ours names EXIT_CANDIDATE.
        if job.failed_reason == "PodFailurePolicy" or (pod and pod.exit_code == EXIT_CANDIDATE):
            message = f"exit code {EXIT_CANDIDATE}" + (f", and {self._unusable}" if self.left.fault else "")
            return self._give_up(result or _failure(TrialReason.CANDIDATE_REJECTED, message))
        # Evictions, drained nodes and `kubectl delete` all delete the pod, and say nothing about the trial; unless it
        # had ended before, and somebody has only cleaned up.
        if pod is None or self._was_stopped:
            return self._lost(DELETED if pod else "its pod does not exist any more")
        if job.nodes > 1 and pod.exit_code == EXIT_CHECKPOINTED:
            # None of those that are still there failed by itself: one that was removed at once made the Job fail.
            return self._lost("another one of its pods does not exist any more, and all were stopped for it")
        if job.kind and pod.exit_code == EXIT_CHECKPOINTED:
            return self._lost(f"it was stopped, and a {job.kind} does not make another pod for it")
        if not job.finished and pod.exit_code == EXIT_CHECKPOINTED:
            return self.crash(AttemptOutcome.LOST, "it was stopped, but other containers keep its pod from ending")
        return self.crash(AttemptOutcome.CRASHED, self._describe_crash(pod))

    def _without_success(self) -> Judgement:
        """Judge a trial whose container ended with exit code 0, but without a result of success."""
        result, pod = self.left.result, self.pod
        if result is None and self.left.fault:
            result = _failure(TrialReason.RESULT_INVALID, f"{self._unusable}; see docs/trial-contract.md")
        if result is None and self._was_stopped:
            # A trainer may end with 0 on SIGTERM, as many programs do.
            return self._lost(DELETED)
        if result is None and (pod is None or pod.exit_code != EXIT_OK):
            # Nobody has seen the pod that ended well: something cleans pods up, or the operator was away.
            return self.crash(
                AttemptOutcome.LOST, "its pod is gone, and the result with it; spec.storage keeps results"
            )
        message = "the container ended with exit code 0 but wrote no result; see docs/trial-contract.md"
        return self._give_up(result or _failure(TrialReason.RESULT_MISSING, message))

    def _lost(self, message: str) -> Judgement:
        """Judge a trial whose pod somebody took away: a queue does that whenever something is more urgent."""
        if self.job.held_by:
            message = f"the queue {self.job.held_by} preempted it, and its pod left no checkpoint in time"
            return self.crash(AttemptOutcome.LOST, message, TrialReason.PREEMPTED)
        return self.crash(AttemptOutcome.LOST, message)

    @property
    def _was_stopped(self) -> bool:
        """Whether somebody deleted the pod before its container had ended."""
        return self.pod is not None and self.pod.meta.deleting and not self.pod.ended_by_itself

    @property
    def _unusable(self) -> str:
        return f"its result cannot be used: {self.left.fault}"

    def crash(self, outcome: AttemptOutcome, message: str, why: TrialReason | None = None) -> Judgement:
        """Judge a trial whose attempt came to nothing: it is tried again, or given up after the last attempt.

        ``why`` is the reason, if that is known better than from pod and result.
        """
        pod, result = self.pod, self.left.result
        # "Error" is what Kubernetes says of every container that ends with an exit code other than 0.
        reason = why or (pod.exit_reason if pod and pod.exit_reason not in (None, "Error") else None) or outcome
        # What the trainer says of its own failure is nearer to the cause than what Kubernetes saw.
        if result and result.reason:
            reason, message = result.reason, result.message or message
        elif self.left.fault:
            message = f"{message}; {self._unusable}"
        attempt = self._attempt(outcome, reason)
        attempts = [*self.trial.status.attempts, attempt]
        crashes = sum(a.outcome == AttemptOutcome.CRASHED for a in attempts)
        losses = sum(map(_ran_for_nothing, attempts))
        count = ""
        # A lost pod (its node vanished, it never started in time) says nothing about the trial and costs no attempt.
        if outcome == AttemptOutcome.CRASHED and crashes >= self.max_attempts:
            count = f" (attempt {crashes} of {self.max_attempts})"
        # But what takes every pod away would do so for ever.
        elif outcome == AttemptOutcome.LOST and losses >= MOST_LOST:
            reason = TrialReason.LOST_TOO_OFTEN
            count = f" ({losses} attempts were lost, and no further one is made)"
        if count:
            # The message is cut rather than the count, which tells that no further attempt comes.
            return self._end(_failure(reason, message[: MESSAGE_LIMIT - len(count)] + count), attempt)
        return Judgement(
            self.trial,
            State.CRASHED,
            message,
            job=self.job,
            attempt=attempt,
            earlier_s=self.earlier_s,
            log=self.left.log,
        )

    def _give_up(self, result: TrialResult) -> Judgement:
        return self._end(result, self._attempt(AttemptOutcome.FAILED, result.reason or AttemptOutcome.FAILED))

    def _end(self, result: TrialResult, attempt: Attempt, message: str | None = None) -> Judgement:
        return Judgement(
            self.trial,
            State.ENDED,
            result.message if message is None else message,
            job=self.job,
            result=result,
            attempt=attempt,
            earlier_s=self.earlier_s,
            log=self.left.log,
            image_id=self.pod.image_id if self.pod else None,
        )

    def _attempt(self, outcome: AttemptOutcome, reason: str = "") -> Attempt:
        start, end = self._times
        return Attempt(
            number=self.job.attempt,
            outcome=outcome,
            reason=reason[:128],
            start_time=start,
            completion_time=end,
        )

    @property
    def _times(self) -> tuple[datetime | None, datetime | None]:
        """When it began and ended, both by one clock: kubelet's, or that of the Job controller."""
        job, pod = self.job, self.pod
        # The container's own times first: those of the Job hold scheduling and the image's pull as well.
        if pod and pod.started and pod.finished:
            return pod.started, pod.finished
        return job.start_time or job.created, job.end_time or (pod.finished if pod else None)

    @property
    def _has_run(self) -> bool:
        """Whether the attempt got as far as running."""
        # Kubernetes deletes the pod of a Job that passed its deadline: what was written of the trial has to do then.
        progressing = find(self.trial.status.conditions, ConditionType.PROGRESSING)
        seen = progressing is not None and progressing.reason == State.RUNNING
        return seen or (self.pod is not None and self.pod.started is not None)

    def _describe_crash(self, pod: PodView) -> str:
        """Say how a container ended, for people."""
        if pod.failed_before:
            return pod.failed_before
        if pod.exit_reason == "OOMKilled":
            limit = "trialTemplate.resources.limits.memory"
            smaller = " or use a smaller batchSize" if self.trial.spec.work != Work.PREPARE else ""
            return f"the container used more memory than {limit} allows; raise it{smaller}"
        if pod.exit_code is not None:
            why = f" ({pod.exit_reason})" if pod.exit_reason else ""
            return f"the container ended with exit code {pod.exit_code}{why}"
        return f"its pod failed ({pod.reason})" if pod.reason else "its pod failed"


def _ran_for_nothing(attempt: Attempt) -> bool:
    """Whether an attempt was lost after it had run, and not to a queue.

    Waiting for a node costs nothing, however often it is in vain.
    """
    return attempt.outcome == AttemptOutcome.LOST and attempt.reason not in (
        TrialReason.POD_NOT_STARTED,
        TrialReason.PREEMPTED,
    )


def _failure(reason: str, message: str) -> TrialResult:
    return TrialResult(outcome=Outcome.FAILED, reason=reason, message=message)

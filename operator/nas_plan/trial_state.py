"""The state of one trial: from its record, its newest Job, that Job's pods and what was collected.

This is the state machine of a trial. `judge` looks only at what exists, never at what was done before.
`nas_plan.attempt_end` says how an attempt has ended, `nas_plan.waiting` what holds up one that does not run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from nas_core.backoff import backoff
from nas_core.clocks import is_recent
from nas_core.contract import EXIT_CHECKPOINTED, EXIT_OK
from nas_core.reasons import TrialReason
from nas_core.records.job import JobView
from nas_core.records.pod import PodView, ended_beside_others, past_deadline, run_seconds, telling_pod
from nas_core.records.trial import TrialView
from nas_core.states import AttemptOutcome, State
from nas_plan.attempt_end import AttemptEnd
from nas_plan.judgement import Judgement
from nas_plan.known_result import judge_known
from nas_plan.snapshot import Collected, Snapshot
from nas_plan.waiting import STOPS, own_stops, stuck_pod, wait_of

TRIED_AGAIN = {AttemptOutcome.CRASHED, AttemptOutcome.LOST}
"""Endings of an attempt after which the next one waits a while."""

RETRY_BASE_S, RETRY_LIMIT_S = 1.0, 60.0


def judge(trial: TrialView, snapshot: Snapshot, max_attempts: int, template: str | None = None) -> Judgement:
    """Judge one trial.

    Args:
        trial: one of the search's.
        snapshot: all that exists of the search.
        max_attempts: how many attempts may crash.
        template: `nas_core.records.names.template_hash` of the spec as it is now; None: Jobs stay as they are.
    """
    jobs = snapshot.jobs.get(trial.meta.name, ())
    # The record is final: decisions have seen it, so nothing that its Job does later may change it.
    if trial.recorded:
        return Judgement(trial, State.SUCCEEDED if trial.succeeded else State.FAILED, job=jobs[-1] if jobs else None)
    if trial.spec.known:
        return judge_known(trial)
    past = {attempt.number for attempt in trial.status.attempts}
    job = jobs[-1] if jobs else None
    if job is None or (job.attempt in past and not _has_to_end(job)):
        if trial.meta.name in snapshot.leftovers:
            # Two pods of one trial must not write side by side; the next attempt may even have the same number.
            message = "a pod of a Job that was deleted is still ending"
            return Judgement(trial, State.STOPPING, message, TrialReason.POD_ENDING)
        return _ready(trial, max(past, default=0) + 1, snapshot.now)
    pods = snapshot.pods.get(job.meta.uid, ())
    # Foreground deletion keeps the Job until its pods are gone, and its slot with it.
    if job.meta.deleting or job.attempt in past:
        stuck = stuck_pod(pods, snapshot.now)
        return Judgement(trial, State.STOPPING, stuck.message, stuck.reason, job)
    if past_deadline(job, pods, snapshot.now):
        job = replace(job, failed_reason=TrialReason.DEADLINE_EXCEEDED)
    # In a pod with containers of others (a mesh's proxy) the Job may never finish: it is judged by the trial's own.
    left = None if job.finished else ended_beside_others(pods, snapshot.now)
    if job.finished or left:
        collected = snapshot.collected.get(job.meta.uid)
        if collected is None:
            message = "its result cannot be read yet"
            return Judgement(trial, State.COLLECTING, message, TrialReason.RESULT_UNREAD, job)
        last = left or telling_pod(pods)
        # Where there are none of the last one's own times, those of the Job hold what ran before as well.
        timed = last is not None and last.started is not None and last.finished is not None
        others = [pod for pod in pods if pod is not last] if timed or job.nodes > 1 else ()
        earlier_s = run_seconds(others, snapshot.now)
        return AttemptEnd(trial, job, last, collected, max_attempts, earlier_s).judge(snapshot.now)
    if _runs(job, pods):
        return Judgement(trial, State.RUNNING, job=job)
    if len(stops := own_stops(pods, job.nodes)) >= STOPS:
        message = (
            f"the container ended with exit code {EXIT_CHECKPOINTED} {len(stops)} times: the code means that it was "
            "stopped, but nothing had stopped it"
        )
        return AttemptEnd(trial, job, stops[-1], Collected(None), max_attempts).crash(AttemptOutcome.CRASHED, message)
    if template is not None and job.template not in (None, template) and not any(pod.started for pod in pods):
        message = "spec.trialTemplate has changed; its Job, whose pod has never started, is made again"
        return Judgement(trial, State.STOPPING, message, job=job)
    wait = wait_of(trial, job, pods, snapshot)
    return Judgement(trial, State.PENDING, wait.message, wait.reason, job)


def _runs(job: JobView, pods: Sequence[PodView]) -> bool:
    """Whether all its pods run; some may have ended well already."""
    there = {pod.node for pod in pods if pod.runs or (pod.exit_code == EXIT_OK and not pod.meta.deleting)}
    return len(there) == job.nodes and any(pod.runs for pod in pods)


def _has_to_end(job: JobView) -> bool:
    """Whether the Job of a recorded attempt still has to go before the next attempt may start."""
    return job.meta.deleting or not job.finished


def _ready(trial: TrialView, number: int, now: datetime) -> Judgement:
    """A trial without a Job may start at once, or after a crash when 1, 2, 4 … 60 s have passed."""
    last = trial.status.attempts[-1] if trial.status.attempts else None
    not_before = None
    if last and last.outcome in TRIED_AGAIN and last.recorded_time:
        crashes = sum(a.outcome in TRIED_AGAIN for a in trial.status.attempts)
        wait = timedelta(seconds=backoff(crashes, RETRY_BASE_S, RETRY_LIMIT_S))
        # The clock of the API server may have been wrong when this was recorded.
        if is_recent(last.recorded_time, now, wait):
            not_before = last.recorded_time + wait
    return Judgement(trial, State.READY, last.reason if last else "", next_attempt=number, not_before=not_before)

"""How the Job that makes a model ends, when it leaves no result."""

from __future__ import annotations

from datetime import datetime, timedelta

from nas_core.clocks import is_recent
from nas_core.reasons import TrialReason
from nas_core.records.job import JobView

END_GRACE = timedelta(minutes=10)
"""How long the pods of a Job that fails may take to end: those of a lost node do not, and the Job never fails."""


def over(job: JobView, now: datetime) -> bool:
    """Whether a Job is not waited for any longer."""
    return job.finished or _never_ends(job, now)


def explain_end(job: JobView, now: datetime) -> str:
    """Return, for people, why a Job that is over left no result; empty if only the end of its log can tell."""
    if _never_ends(job, now):
        return "its Job has failed, and its pod does not end: its node may be lost; delete the pod with --force"
    if job.failed_reason == TrialReason.DEADLINE_EXCEEDED:
        return "its Job took longer than models.exportDeadline of the operator's chart, waits and all tries included"
    return ""


def _never_ends(job: JobView, now: datetime) -> bool:
    return not job.finished and job.failing_since is not None and not is_recent(job.failing_since, now, END_GRACE)

"""What a namespace has used of a policy's `maxGPUHoursPerMonth`, and what is set aside for trials that run.

The use is an integral: GPUs of the pods that run, over time. The policy's status has it up to one moment, and what came
after that moment follows from the pods. Both are written together, so a second of a pod is never counted twice, however
often an operator is killed; and what is counted stays when searches, trials and pods are deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nas_core.api.base import parse_duration
from nas_core.api.policy import MonthUse
from nas_core.api.search import NASSearchSpec
from nas_core.api.supernet_rules import supernet_epochs
from nas_core.records.job import JobView
from nas_core.records.policy import PolicyView

HOUR_S = 3600.0


@dataclass(frozen=True)
class Run:
    """A trial's container that has begun to run in a pod with GPUs."""

    gpus: int
    started: datetime
    ended: datetime | None
    """None while it runs."""

    def gpu_seconds(self, since: datetime, until: datetime) -> int:
        """Return its GPU-seconds between two times."""
        begin, end = max(self.started, since), min(self.ended or until, until)
        return max(0, int((end - begin).total_seconds())) * self.gpus


def beginning(now: datetime) -> datetime:
    """Return when the month of a time (UTC) began."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(now: datetime) -> datetime:
    """Return when the month after that of a time begins."""
    return beginning(beginning(now) + timedelta(days=31))


def used(policy: PolicyView, before: MonthUse | None, runs: Iterable[Run], until: datetime) -> MonthUse:
    """Return what a namespace has used in the month of ``until``, given what was counted ``before``.

    ``until`` has whole seconds, as all times of Kubernetes: so nothing is lost by rounding.
    """
    first = beginning(until)
    # What ran before there was a policy is nobody's to count.
    since = max(first, before.counted_until if before else policy.created)
    # Times of one time zone object are compared ten times as fast as those of two, even if both are UTC.
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    counted = before.gpu_seconds if before and before.counted_until >= first else 0
    # After a change of the clock it goes on from where it was.
    until = max(since, until)
    # Each look asks, and of thousands of pods that are still there most have long been counted.
    left = [run for run in runs if run.ended is None or run.ended > since]
    return MonthUse(gpu_seconds=counted + sum(run.gpu_seconds(since, until) for run in left), counted_until=until)


def most_seconds(policy: PolicyView) -> float | None:
    """Return the GPU-seconds that a policy allows a namespace in a month; None: it bounds nothing."""
    hours = policy.spec.max_gpu_hours_per_month
    return None if hours is None else float(hours) * HOUR_S


@dataclass(frozen=True)
class MonthCap:
    """A policy's GPU-seconds a month, and what a namespace has used of them."""

    most: float
    used: int
    policy: str
    renews: datetime
    """When the next month begins."""

    @property
    def left(self) -> int:
        """GPU-seconds that are left, those that are set aside included."""
        return max(0, int(self.most) - self.used)


def month_cap(policies: Iterable[PolicyView], namespace: str, runs: Iterable[Run], now: datetime) -> MonthCap | None:
    """Return the cap of the policy of which a namespace has least left; None if none sets one."""
    runs, until = tuple(runs), now.replace(microsecond=0)
    caps = [
        MonthCap(
            most,
            used(policy, policy.month_of(namespace), runs, until).gpu_seconds,
            policy.meta.name,
            next_month(until),
        )
        for policy in policies
        if (most := most_seconds(policy)) is not None
    ]
    return min(caps, key=lambda cap: cap.left, default=None)


def set_aside(job: JobView, now: datetime) -> int:
    """Return the GPU-seconds that a Job which goes on may still use: as long as its deadline and its grace allow."""
    if job.deadline_s is None:
        # Of before there was a policy: it may run on, and what it uses in the next month is of that one.
        return job.all_gpus * int((next_month(now) - now).total_seconds())
    passed = (now - job.start_time).total_seconds() if job.start_time else 0.0
    return job.all_gpus * max(0, int(job.deadline_s + job.grace_s - max(0.0, passed)))


def needed(spec: NASSearchSpec) -> int:
    """Return the GPU-seconds that a trial of a search may use at most: 0 if nothing bounds it, or without GPUs."""
    gpus = spec.trial_template.gpus
    if spec.evaluation.max_trial_duration is None:
        return 0
    limit = parse_duration(spec.evaluation.max_trial_duration).total_seconds()
    one = gpus * int(limit + spec.trial_template.termination_grace_period_seconds)
    # A supernet may run as long as the search's own budget has hours for.
    whole = float(spec.budget.max_gpu_hours or 0) * HOUR_S if gpus and supernet_epochs(spec) else 0.0
    return max(one, int(whole))

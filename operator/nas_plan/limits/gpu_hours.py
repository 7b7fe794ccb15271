"""What is left of `budget.maxGPUHours`, so that the attempts that are started can never use more.

Each attempt has its time reserved from its start to its end: its Job's deadline, and the time that its pod may take to
end. What it used really is on record when it has ended, and the rest is free again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from nas_core.api.base import parse_duration
from nas_core.api.search import NASSearchSpec
from nas_core.records.pod import run_seconds
from nas_core.states import AttemptOutcome, State
from nas_plan.judgement import Judgement
from nas_plan.limits.month import HOUR_S
from nas_plan.snapshot import Snapshot

LEAST_S = 60.0
"""Seconds for which an attempt without a limit of its own is worth starting."""
MARGIN = 1.25
"""So much longer than any before it a trial may take if its limit is shortened."""


@dataclass(frozen=True)
class GpuHours:
    """The budget of a search now; all in GPU-seconds, but for what says otherwise."""

    most: float
    used: float
    """By attempts that have ended, and by the pods of those that go on, so far."""
    left: float
    """Neither used by attempts that have ended nor reserved for those that go on."""
    reserved: bool
    """Whether something is reserved, which may be free again."""
    gpus: int
    """Of an attempt."""
    grace_s: int
    """Seconds that a pod may take to end."""
    least_s: float
    """Seconds that an attempt needs to be worth starting."""

    @property
    def starts(self) -> int:
        """How many attempts may be started now."""
        return max(0, math.floor(self.left / (self.gpus * (self.least_s + self.grace_s))))

    def limit_s(self, starts: int) -> int:
        """Return how many seconds each of so many attempts may run, none of which may use what is left for others."""
        return max(1, math.floor(self.left / (self.gpus * max(1, starts)) - self.grace_s))

    @property
    def over(self) -> str | None:
        """Why nothing more is started, for ever; None while something is, or may be later."""
        spent = f"{self.used / HOUR_S:.3g} of {self.most / HOUR_S:.3g} GPU-hours (budget.maxGPUHours) are spent"
        if self.used >= self.most:
            return spent
        if self.starts or self.reserved:
            return None
        needed = self.gpus * (self.least_s + self.grace_s) / HOUR_S
        return f"{spent}, and another trial may need {needed:.3g}"


def gpu_hours(spec: NASSearchSpec, judged: Iterable[Judgement], spent: float, seen: Snapshot) -> GpuHours | None:
    """Return the budget of a search whose ended attempts have ``spent`` GPU-seconds; None if it has none."""
    gpus = spec.trial_template.gpus
    if spec.budget.max_gpu_hours is None or not gpus:
        return None
    judged = tuple(judged)
    grace = spec.trial_template.termination_grace_period_seconds
    longest = spec.evaluation.max_trial_duration
    limit = parse_duration(longest).total_seconds() if longest else None
    most = float(spec.budget.max_gpu_hours) * HOUR_S
    used, reserved = spent, 0.0
    for j in judged:
        if j.job is None or not j.job.gpus:
            continue
        if j.state in (State.PENDING, State.RUNNING, State.COLLECTING):
            used += j.job.gpus * run_seconds(seen.pods.get(j.job.meta.uid, ()), seen.now)
            deadline = j.job.deadline_s if j.job.deadline_s is not None else limit
            # One without any deadline, of before there was a budget, may use it all.
            reserved += most if deadline is None else j.job.all_gpus * (deadline + grace)
        elif j.active:
            reserved += j.job.all_gpus * grace
    return GpuHours(most, used, most - spent - reserved, reserved > 0, gpus, grace, _least(limit, judged))


def _least(limit: float | None, judged: Iterable[Judgement]) -> float:
    """Return for how many seconds an attempt is worth starting: as long as trials take, or may take."""
    if limit is None:
        return LEAST_S
    runs = [
        (attempt.completion_time - attempt.start_time).total_seconds()
        for j in judged
        if j.trial.succeeded
        for attempt in j.trial.status.attempts
        if attempt.outcome == AttemptOutcome.SUCCEEDED and attempt.start_time and attempt.completion_time
    ]
    return min(limit, MARGIN * max(runs)) if runs else limit

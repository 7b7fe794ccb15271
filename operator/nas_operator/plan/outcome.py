"""Whether a search may go on, is suspended, or is over, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nas_core.api.base import parse_duration
from nas_core.api.search import Activity
from nas_operator.plan.judge import Judgement, State
from nas_operator.plan.snapshot import Snapshot


@dataclass(frozen=True)
class Outcome:
    """The standing of a search."""

    reason: str
    message: str
    go: bool = False
    """Whether trials may be started."""
    suspended: bool = False
    succeeded: bool = False
    failed: bool = False

    @property
    def over(self) -> bool:
        """Whether it has ended (until its budget is raised)."""
        return self.succeeded or self.failed

    @property
    def stop_running(self) -> bool:
        """Whether running trials have to stop."""
        return self.suspended or self.over


def decide_outcome(snapshot: Snapshot, judged: Sequence[Judgement], total: int, exhausted: bool = False) -> Outcome:
    """Decide the standing of a search with ``total`` trials created so far."""
    spec = snapshot.search.spec
    assert spec is not None, "an unreadable spec has no outcome"
    budget = spec.budget
    recorded = [j.trial for j in judged if j.trial.recorded]
    failures = sum(len(trial.failures) for trial in recorded)
    succeeded = sum(trial.size for trial in recorded) - failures
    if failures > budget.max_failed_trials:
        last = max((t for t in recorded if t.failures), key=lambda trial: trial.status.sequence or 0)
        return Outcome(
            "MaxFailedTrialsExceeded",
            f"{failures} trials failed, budget.maxFailedTrials is {budget.max_failed_trials}; the last, "
            f"{last.meta.name}: {last.failures[-1]}. Correct the cause and raise budget.maxFailedTrials to go on",
            failed=True,
        )
    finished = all(j.trial.recorded for j in judged)
    if finished and (exhausted or total >= budget.max_trials):
        why = (
            "every architecture of the space has been tried"
            if exhausted
            else f"all {budget.max_trials} trials have ended"
        )
        return _ended("SpaceExhausted" if exhausted else "BudgetSpent", why, succeeded)
    if budget.max_duration and elapsed(snapshot.search.status.activity, snapshot.now) >= parse_duration(
        budget.max_duration
    ):
        return _ended("MaxDurationReached", f"budget.maxDuration {budget.max_duration} is over", succeeded)
    running = f"{succeeded + failures} of {budget.max_trials} trials have ended"
    return standstill(snapshot, judged) or Outcome("Running", running, go=True)


def standstill(snapshot: Snapshot, judged: Sequence[Judgement]) -> Outcome | None:
    """Return what keeps trials from running: a suspension, the storage, the cluster. None if nothing does."""
    spec = snapshot.search.spec
    assert spec is not None, "an unreadable spec has no outcome"
    if spec.suspend:
        active = sum(j.active for j in judged)
        message = "spec.suspend is true; remove it to go on"
        if active:
            stuck = next((f": {j.message}" for j in judged if j.state == State.STOPPING and j.message), "")
            message = f"{active} trials are writing their checkpoints{stuck}"
        return Outcome("Suspending" if active else "Suspended", message, suspended=True)
    if snapshot.storage_fault:
        return Outcome(
            snapshot.storage_fault.reason,
            f"no trial is started until the storage works: {snapshot.storage_fault.message}",
        )
    blocked = [j for j in judged if j.state in (State.PENDING, State.STOPPING) and j.message]
    if blocked and not any(j.state == State.RUNNING for j in judged):
        return Outcome("TrialsBlocked", f"{len(blocked)} trials wait: {blocked[0].message}", go=True)
    return None


def elapsed(activity: Activity | None, now: datetime) -> timedelta:
    """Return how long a search has been active."""
    if activity is None:
        return timedelta(0)
    return timedelta(seconds=activity.seconds) + (now - activity.since if activity.since else timedelta(0))


def _ended(reason: str, why: str, succeeded: int) -> Outcome:
    if succeeded:
        return Outcome(reason, why, succeeded=True)
    return Outcome("NoTrialSucceeded", f"{why}, none with a result", failed=True)

"""Whether a search may go on, is suspended, or is over, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nas_core.api.base import parse_duration
from nas_core.api.search import Activity, NASSearchSpec
from nas_core.records.objects import observed
from nas_plan.phases.score import drawn
from nas_plan.snapshot import Snapshot
from nas_plan.trial_state import Judgement, State
from nas_search.ranking import reaches_targets

REFUSED_PER_TRIAL = 20
LEAST_REFUSED = 100


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


def decide_outcome(
    snapshot: Snapshot, judged: Sequence[Judgement], total: int, exhausted: bool = False, climbing: bool = False
) -> Outcome:
    """Decide the standing of a search with ``total`` candidates so far, refused ones included.

    ``judged``: all that is done for the search itself, training and scoring; ``exhausted``: the space has no more
    candidates; ``climbing``: some are still to be trained further.
    """
    spec = snapshot.search.spec
    assert spec is not None, "an unreadable spec has no outcome"
    budget = spec.budget
    searching = [j for j in judged if j.trial.spec.work == "Train"]
    recorded = [j.trial for j in searching if j.trial.recorded]
    failures = sum(len(trial.failures) for trial in recorded)
    refusals = sum(trial.refusals for trial in recorded)
    succeeded = sum(trial.size for trial in recorded) - failures - refusals
    if any(o.target is not None for o in spec.objectives):
        seen = (o for o in observed(recorded) if reaches_targets(o, spec.objectives, spec.constraints))
        if (good := next(seen, None)) is not None:
            values = ", ".join(f"{o.metric} {(good.metrics or {})[o.metric]:.6g}" for o in spec.objectives)
            return _ended("TargetReached", f"trial {good.index} has reached the targets: {values}", succeeded)
    if failures > budget.max_failed_trials:
        last = max((t for t in recorded if t.failures), key=lambda trial: trial.status.sequence or 0)
        return Outcome(
            "MaxFailedTrialsExceeded",
            f"{failures} trials failed, budget.maxFailedTrials is {budget.max_failed_trials}; the last, "
            f"{last.meta.name}: {last.failures[-1]}. Correct the cause and raise budget.maxFailedTrials to go on",
            failed=True,
        )
    finished = all(j.trial.recorded for j in searching) and not climbing
    if finished and refusals >= most_refused(budget.max_trials):
        why = (
            f"{refusals} candidates broke constraints before they were trained, {succeeded + failures} did not; loosen "
            "constraints, or search a space that keeps them"
        )
        return _ended("ConstraintsTooTight", why, succeeded)
    if finished and (exhausted or total - refusals >= budget.max_trials):
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
    ended = sum(trial.size for trial in recorded if not trial.spec.continues) - refusals
    running = f"{ended} of {budget.max_trials} trials have ended"
    return standstill(snapshot, judged) or Outcome("Running", running, go=True)


def scoring_outcome(outcome: Outcome, spec: NASSearchSpec, scoring: Sequence[Judgement]) -> Outcome:
    """Return how a search stands whose candidates are being scored, if nothing holds it up."""
    if outcome.reason != "Running":
        return outcome
    done = sum(j.trial.size for j in scoring if j.trial.recorded)
    return replace(outcome, reason="Scoring", message=f"{done} of {len(drawn(spec))} candidates have been scored")


def unscorable(scoring: Sequence[Judgement]) -> Outcome:
    """Return how a search stands none of whose candidates could be scored."""
    why = next((j.trial.failures[0] for j in scoring if j.trial.failures), "no result")
    return Outcome(
        "ScoringFailed",
        f"none of the candidates could be scored: {why}. Correct the cause, delete the trials that score "
        f"({scoring[0].trial.meta.name} and others), and they are scored again",
        failed=True,
    )


def most_refused(max_trials: int) -> int:
    """Return how many refused candidates end a search: they cost no trial, so something else has to."""
    return max(LEAST_REFUSED, REFUSED_PER_TRIAL * max_trials)


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

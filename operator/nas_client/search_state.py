"""What `nasctl` shows of a search at one moment, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import BestArchitecture, NASSearchStatus
from nas_core.api.supernet_rules import shares, supernet_epochs
from nas_core.contract import ROWS_DONE
from nas_core.metric_names import TIMED
from nas_core.numbers_as_text import number
from nas_core.reasons import PENDING_REASONS
from nas_core.records.conditions import find
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Outcome, State, Work

CONTENDED_MARK = "*"
"""Behind a time that was measured while others used the device."""


class Summary(Enum):
    """A search in one word; the value is how it is shown."""

    NEW = "New"
    ACTIVE = "Active"
    SUSPENDED = "Suspended"
    REJECTED = "Rejected"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"

    @property
    def over(self) -> bool:
        """Whether nothing more happens until somebody changes the search."""
        return self in (Summary.REJECTED, Summary.SUCCEEDED, Summary.FAILED)


@dataclass(frozen=True)
class SearchState:
    """A search and its trials, sorted by index."""

    search: SearchView
    trials: tuple[TrialView, ...] = ()
    missing: str = ""
    """Why some of its trials are not here."""

    @property
    def status(self) -> NASSearchStatus:
        """What the operator reports."""
        return self.search.status

    @property
    def spec(self) -> NASSearchSpec:
        """What was asked for; the defaults when it cannot be read."""
        if isinstance(self.search, ReadableSearch):
            return self.search.spec
        # Any spec that is valid will do: only its defaults are shown.
        return NASSearchSpec.model_validate({"task": {"dataset": {"name": "digits"}}})

    @property
    def summary(self) -> Summary:
        """Judge the conditions; those of an older generation than the spec's say nothing of what was asked last."""
        if self.status.observed_generation is None:
            return Summary.NEW
        # The spec has changed, and the operator has not looked at it yet.
        if self.status.observed_generation < self.search.generation:
            return Summary.ACTIVE
        # The first that holds counts: a search that has ended is over, even if it is suspended.
        for kind, wanted, summary in (
            (ConditionType.ACCEPTED, "False", Summary.REJECTED),
            (ConditionType.FAILED, "True", Summary.FAILED),
            (ConditionType.SUCCEEDED, "True", Summary.SUCCEEDED),
            (ConditionType.SUSPENDED, "True", Summary.SUSPENDED),
        ):
            found = find(self.status.conditions, kind)
            if found and found.status == wanted:
                return summary
        return Summary.ACTIVE

    @property
    def reason(self) -> tuple[str, str]:
        """What the operator says of its progress: the reason of that condition, and its message."""
        found = find(self.status.conditions, ConditionType.PROGRESSING)
        return (found.reason, found.message) if found else ("", "the operator has not looked at it yet")

    @property
    def ended(self) -> int:
        """Trials that have ended."""
        trials = self.status.trials
        return trials.succeeded + trials.stopped + trials.failed

    @property
    def planned(self) -> int:
        """Trials to be run in all."""
        planned = self.status.plan.candidates if self.status.plan else self.spec.budget.max_trials
        # A budget may be lowered below what has begun.
        return max(planned, self.status.trials.total - self.status.trials.refused)

    @property
    def running(self) -> list[TrialView]:
        """Trials with a running pod, or one that is writing its last checkpoint."""
        return [trial for trial in self.trials if trial_state(trial) in (State.RUNNING, State.STOPPING)]

    @property
    def fraction(self) -> float:
        """Share of the work done, the epochs of running trials included, from 0 to 1."""
        searching = [trial for trial in self.running if trial.spec.work == Work.TRAIN]
        partial = sum(self._done(trial) for trial in searching)
        return min(1.0, (self.ended + partial) / self.planned) if self.planned else 1.0

    def _done(self, trial: TrialView) -> float:
        """Return how many of a running trial's candidates are done, the one that is being trained in part."""
        return _place(trial) + min(1.0, (trial.status.epoch or 0) / self.epochs(trial))

    def trains(self, trial: TrialView) -> bool:
        """Whether a trial goes through epochs. One that judges candidates with shared weights, or scores, does not."""
        work = trial.spec.work
        return work in (Work.RETRAIN, Work.SUPERNET) or (work == Work.TRAIN and not shares(self.spec))

    def at(self, trial: TrialView) -> str:
        """Say how far a running trial is: 3/10 epochs, and of several candidates at which one it is."""
        if trial.spec.work == Work.PREPARE:
            return f"{number(trial.status.metrics.get(ROWS_DONE, 0))} rows"
        place = f"{_place(trial) + 1}/{trial.size}"
        if not self.trains(trial):
            return f"candidate {place}"
        return f"{trial.status.epoch or 0}/{self.epochs(trial)}" + (f" of {place}" if trial.size > 1 else "")

    def epochs(self, trial: TrialView) -> int:
        """Return the epochs that a trial is trained."""
        if trial.spec.work == Work.SUPERNET:
            return supernet_epochs(self.spec)
        return trial.spec.epochs or self.spec.evaluation.epochs

    def seconds(self, now: datetime) -> float:
        """Time from the start to the end, or to now."""
        if self.status.start_time is None:
            return 0.0
        # The user's clock may be behind the cluster's.
        return max(0.0, ((self.status.completion_time or now) - self.status.start_time).total_seconds())

    @cached_property
    def contended(self) -> frozenset[str]:
        """Names of the trials that shared the device while their latency was measured."""
        return frozenset(trial.meta.name for trial in self.trials if trial.status.contended)

    def metric(self, trial: str, name: str, metrics: Mapping[str, float]) -> str:
        """Write a metric of a trial for people, with a mark if others used the device while it was timed."""
        mark = CONTENDED_MARK if name in TIMED and name in metrics and trial in self.contended else ""
        return number(metrics.get(name)) + mark

    @property
    def found(self) -> list[tuple[str | None, list[BestArchitecture], list[BestArchitecture]]]:
        """The best so far, and what of it was trained again in full: of each target, its name first, or of all."""
        return self.status.found

    @property
    def any_best(self) -> bool:
        """Whether something has been found: a best architecture, of some target at least if there are targets."""
        return any(best for _, best, _ in self.found)

    @property
    def metric_names(self) -> list[str]:
        """The metrics that matter to this search: its objectives, then its constraints and those of its targets."""
        named = [o.metric for o in self.spec.objectives] + [limit.metric for limit in self.spec.named_limits]
        return list(dict.fromkeys(named))


def _place(trial: TrialView) -> int:
    """Return the place, from 0, of the candidate that a running trial is training."""
    # The number comes from a pod's own metrics, so it may be anything.
    return min(trial.size - 1, max(0, int(trial.status.metrics.get("candidate", 0))))


def trial_state(trial: TrialView) -> str:
    """Return the state of a trial in one word."""
    # First, as a trial that was stopped early has a result too.
    if trial.status.stop_evidence:
        return "Stopped early"
    if trial.recorded:
        return Outcome.SUCCEEDED if trial.succeeded else Outcome.REFUSED if trial.refused else Outcome.FAILED
    found = find(trial.status.conditions, ConditionType.PROGRESSING)
    return State.PENDING if found is None or found.reason in PENDING_REASONS else found.reason


def duration(seconds: float) -> str:
    """Write a time span: 45s, 3m05s, 2h07m."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"

"""The state of one trial and what follows from it. `nas_plan.trial_state` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nas_core.api.trial import Attempt, StopEvidence
from nas_core.contract import TrialResult
from nas_core.reasons import TrialReason
from nas_core.records.job import JobView
from nas_core.records.trial import TrialView
from nas_core.states import State

ACTIVE = {State.PENDING, State.RUNNING, State.STOPPING}
"""States that hold one of the search's parallel slots."""


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
    earlier_s: float = 0.0
    """Seconds that pods of that attempt have run before its last one: they were stopped, and it went on."""
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
    def queued(self) -> bool:
        """Whether a queue holds its Job."""
        return self.reason is TrialReason.QUEUED

    @property
    def active(self) -> bool:
        """Whether it holds a slot."""
        return self.state in ACTIVE or self.leaving

"""What the plan decides to do. The applier does it in the order of the fields, and may be killed between any two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.records.job import JobView
from nas_core.records.ledger import Segment
from nas_core.records.trial import TrialView


@dataclass(frozen=True)
class EventDraft:
    """An Event on a search or a model, for people."""

    kind: Literal["Normal", "Warning"]
    reason: str
    message: str

    @classmethod
    def normal(cls, reason: str, message: str) -> Self:
        """Return the Event of something that goes as it should."""
        return cls("Normal", reason, message)

    @classmethod
    def warning(cls, reason: str, message: str) -> Self:
        """Return the Event of something that somebody should look at."""
        return cls("Warning", reason, message)


@dataclass(frozen=True)
class RecordTrial:
    """Write a trial's status."""

    trial: TrialView
    status: NASTrialStatus


@dataclass(frozen=True)
class StartJob:
    """Create the Job of a trial's attempt."""

    trial: TrialView
    attempt: int
    limit_s: int | None = None
    """Seconds that it may run by the budget of its search."""


@dataclass(frozen=True)
class Stored:
    """What trials read that others of the search, or of another one, have stored: addresses in the bucket."""

    prepared: str | None = None
    """The prepared data set; None if each trial reads the data itself."""
    supernet: str | None = None
    """The shared weights; None if each candidate is trained."""


NOTHING_STORED = Stored()


@dataclass(frozen=True)
class Actions:
    """Everything to be done for one search now."""

    finalizer: Literal["add", "remove"] | None = None
    records: tuple[RecordTrial, ...] = ()
    """First of all: a result is in the history before any decision that saw it is written."""
    delete_trials: tuple[TrialView, ...] = ()
    """Made for a spec that has been corrected since, before any candidate had a trial; or kept in the ledger."""
    stop_jobs: tuple[JobView, ...] = ()
    start_jobs: tuple[StartJob, ...] = ()
    create_trials: tuple[NASTrialSpec, ...] = ()
    """Each is followed by its first Job."""
    stored: Stored = NOTHING_STORED
    """What the started trials read."""
    limit_s: int | None = None
    """Seconds that each of them may run by the budget of the search; None: it sets no bound."""
    observations: tuple[RecordTrial, ...] = ()
    """Status of trials that wait or run: of no consequence, so last."""
    segment: Segment | None = None
    """Of the ledger: to be put beside the looks."""
    status: NASSearchStatus | None = None
    ends: bool = False
    """Whether the search ends with this status: before it is written, the report is."""
    urgent: bool = False
    """Whether the status tells more than counts and must not wait for its turn."""
    events: tuple[EventDraft, ...] = ()
    held_back: int = 0
    """Trials that would be started as well if the policies of the namespace left room for all."""
    requeue_after: float | None = None
    """Seconds after which to look again even if nothing happens."""

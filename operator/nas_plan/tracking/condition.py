"""The condition Tracked and `status.tracking` of a search, as a look at its tracking leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from nas_core.api.search_status import NASSearchStatus
from nas_core.api.tracking import CloudEventsStatus, MlflowStatus, Tracking, TrackingServer, TrackingStatus
from nas_core.reasons import TrackingReason
from nas_core.records.conditions import Status, find, set_condition
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch
from nas_core.states import ConditionType
from nas_plan.tracking.events import published
from nas_plan.tracking.versions import versions

BY_DEFAULT = (
    " (by tracking.default of the operator's chart, as the search has no spec.tracking; with {} there nothing is sent)"
)


def settled(search: ReadableSearch, asked: Tracking, models: Iterable[ModelView]) -> bool:
    """Whether the search has ended and all of it is where it is asked for, so that no server need be asked."""
    there = search.status.tracking or TrackingStatus()
    tracked = find(search.status.conditions, ConditionType.TRACKED)
    if tracked is None or tracked.reason != TrackingReason.DELIVERED:
        return False
    if tracked.observed_generation != search.generation or search.status.completion_time is None:
        return False
    runs, events = there.mlflow, there.cloud_events
    return (
        _has_end(search, asked.mlflow, runs)
        and _has_end(search, asked.cloud_events, events)
        and (runs is None or {version.key for version in versions(search, models)} <= set(runs.models))
        and (events is None or published(search).keys() <= set(events.models))
    )


def _has_end(
    search: ReadableSearch, asked: TrackingServer | None, there: MlflowStatus | CloudEventsStatus | None
) -> bool:
    if asked is None:
        return there is None
    return there is not None and there.endpoint == asked.endpoint and there.ended == search.status.completion_time


def looked_at(
    search: ReadableSearch, there: TrackingStatus, left: int, faults: Mapping[str, tuple[str, str]], now: datetime
) -> NASSearchStatus:
    """Return the status after a look.

    Args:
        search: as it is now.
        there: what its servers have.
        left: things that have happened and are still to be delivered.
        faults: by the server's field: reason and message.
        now: the time of the condition.
    """
    status: Status = "False" if faults else "Unknown" if left else "True"
    if faults:
        reason = next(iter(faults.values()))[0]
        message = "; ".join(f"{field}: {message}" for field, (_, message) in faults.items())
    elif left:
        reason, message = TrackingReason.DELIVERING, "more has happened than one look delivers; it goes on"
    else:
        reason, message = TrackingReason.DELIVERED, ", ".join(_has(there))
    if search.spec.tracking is None:
        message += BY_DEFAULT
    conditions = set_condition(
        search.status.conditions, ConditionType.TRACKED, status, reason, message, now, search.generation
    )
    return search.status.model_copy(
        update={"conditions": conditions, "tracking": None if there == TrackingStatus() else there}
    )


def _has(there: TrackingStatus) -> Iterator[str]:
    if runs := there.mlflow:
        yield f"MLflow has run {runs.run_id} of experiment {runs.experiment_id}, with {runs.candidates} candidates"
        if runs.models:
            yield f"{len(runs.models)} versions of models"
    if there.cloud_events:
        yield "the receiver of events has been told of all"


def is_tracked(status: NASSearchStatus) -> bool:
    """Whether the status tells of tracking."""
    return status.tracking is not None or find(status.conditions, ConditionType.TRACKED) is not None


def untracked(status: NASSearchStatus) -> NASSearchStatus:
    """Return the status of a search that is not tracked any more."""
    others = [one for one in status.conditions if one.type != ConditionType.TRACKED]
    return status.model_copy(update={"conditions": others, "tracking": None})


def has_news(old: NASSearchStatus, new: NASSearchStatus) -> bool:
    """Whether a status tells more than another count."""
    return _telling(old) != _telling(new)


def _telling(status: NASSearchStatus) -> tuple[object, ...]:
    there = status.tracking or TrackingStatus()
    tracked = find(status.conditions, ConditionType.TRACKED)
    return (
        there.cloud_events,
        there.mlflow and there.mlflow.model_copy(update={"candidates": 0}),
        tracked and (tracked.reason, tracked.observed_generation, tracked.message if tracked.status == "False" else ""),
    )

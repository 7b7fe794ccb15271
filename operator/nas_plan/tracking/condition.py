"""The condition Tracked and `status.tracking` of a search, as a look at its tracking leaves them."""

from __future__ import annotations

from datetime import datetime

from nas_core.api.search_status import NASSearchStatus
from nas_core.api.tracking import MlflowStatus, TrackingStatus
from nas_core.reasons import TrackingReason
from nas_core.records.conditions import Status, find, set_condition
from nas_core.records.objects import ReadableSearch
from nas_core.states import ConditionType


def settled(search: ReadableSearch) -> bool:
    """Whether the search has ended and all of it is delivered where its spec says, so that no server need be asked."""
    asked = search.spec.tracking and search.spec.tracking.mlflow
    there = search.status.tracking and search.status.tracking.mlflow
    tracked = find(search.status.conditions, ConditionType.TRACKED)
    return bool(
        asked
        and there
        and tracked
        and tracked.reason == TrackingReason.DELIVERED
        and tracked.observed_generation == search.generation
        and there.endpoint == asked.endpoint
        and there.ended is not None
        and there.ended == search.status.completion_time
    )


def delivered(search: ReadableSearch, there: MlflowStatus, left: int, now: datetime) -> NASSearchStatus:
    """Return the status after a look without a fault, with so many candidates left to deliver."""
    if left:
        message = f"{left} candidates that have ended are still to be delivered"
        return _with(search, there, "Unknown", TrackingReason.DELIVERING, message, now)
    message = f"MLflow has run {there.run_id} of experiment {there.experiment_id}, with {there.candidates} candidates"
    return _with(search, there, "True", TrackingReason.DELIVERED, message, now)


def faulty(search: ReadableSearch, reason: TrackingReason, message: str, now: datetime) -> NASSearchStatus:
    """Return the status after a fault."""
    there = search.status.tracking.mlflow if search.status.tracking else None
    return _with(search, there, "False", reason, message, now)


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


def _with(
    search: ReadableSearch,
    there: MlflowStatus | None,
    status: Status,
    reason: TrackingReason,
    message: str,
    now: datetime,
) -> NASSearchStatus:
    conditions = set_condition(
        search.status.conditions, ConditionType.TRACKED, status, reason, message, now, search.generation
    )
    tracking = TrackingStatus(mlflow=there) if there else None
    return search.status.model_copy(update={"conditions": conditions, "tracking": tracking})


def _telling(status: NASSearchStatus) -> tuple[object, ...]:
    there = status.tracking.mlflow if status.tracking else None
    tracked = find(status.conditions, ConditionType.TRACKED)
    return (
        there and there.model_copy(update={"candidates": 0}),
        tracked and (tracked.reason, tracked.observed_generation, tracked.message if tracked.status == "False" else ""),
    )

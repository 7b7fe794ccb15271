"""What a receiver of events is told of a search: CloudEvents 1.0, in the order in which things happened.

The events follow from the search and its trials, and `CloudEventsStatus` says which the receiver has. So an event may
be sent again after a kill, with the same ``id``. https://github.com/cloudevents/spec (v1.0.2)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from nas_core.api import API_VERSION
from nas_core.api.tracking import MOST_MODELS, CloudEventsStatus
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_plan.tracking.run import RunStatus
from nas_plan.tracking.search import improvements, search_end, search_status

Json = dict[str, Any]


class EventType(StrEnum):
    """Types of the events. What their data have only grows; else there is a v2."""

    SEARCH_STARTED = "io.nas-operator.search.started.v1"
    BEST_IMPROVED = "io.nas-operator.search.best-improved.v1"
    SEARCH_ENDED = "io.nas-operator.search.ended.v1"
    MODEL_PUBLISHED = "io.nas-operator.model.published.v1"


@dataclass(frozen=True)
class Telling:
    """An event, and what the receiver has been sent with it."""

    event: Json
    sent: CloudEventsStatus


def published(search: ReadableSearch) -> dict[str, str]:
    """Return the models that a search has made, and the trial of each."""
    records = [search.status.published, *(target.published for target in search.status.targets)]
    return {record.model: record.trial for record in records if record}


def to_tell(search: ReadableSearch, trials: Sequence[TrialView], sent: CloudEventsStatus) -> Iterator[Telling]:
    """Yield what the receiver of a search that has begun has not been told."""
    status = search.status
    if not sent.started:
        sent = sent.model_copy(update={"started": True})
        began = status.first_trial_time or search.created
        yield Telling(_event(search, EventType.SEARCH_STARTED, "started", began, {}), sent)
    for better in improvements(search, trials):
        if better.sequence <= sent.sequence:
            continue
        sent = sent.model_copy(update={"sequence": better.sequence})
        data = {"trial": better.trial, "best": dict(better.values), "sequence": better.sequence}
        event = _event(search, EventType.BEST_IMPROVED, f"best/{better.sequence}", better.time, data)
        yield Telling(event, sent)
    ended = status.completion_time
    if search_status(search) != RunStatus.RUNNING and ended is not None and ended != sent.ended:
        sent = sent.model_copy(update={"ended": ended})
        end = search_end(search)
        data = {
            "succeeded": search_status(search) == RunStatus.FINISHED,
            "reason": end.reason if end else None,
            "message": end.message if end else None,
            "best": [{"trial": best.trial, "metrics": best.metrics} for best in status.best],
            "report": status.report,
        }
        yield Telling(_event(search, EventType.SEARCH_ENDED, f"ended/{_text(ended)}", ended, data), sent)
    for model, trial in published(search).items():
        if model not in sent.models:
            sent = sent.model_copy(update={"models": [*sent.models, model][-MOST_MODELS:]})
            data = {"model": model, "trial": trial}
            yield Telling(_event(search, EventType.MODEL_PUBLISHED, f"model/{model}", None, data), sent)


def _event(search: ReadableSearch, kind: EventType, id_: str, time: datetime | None, data: Json) -> Json:
    namespace, name = search.meta.key
    event = {
        "specversion": "1.0",
        "type": str(kind),
        "source": f"/apis/{API_VERSION}/namespaces/{namespace}/nassearches/{name}",
        "id": f"{search.meta.uid}/{id_}",
        "datacontenttype": "application/json",
        "data": {"namespace": namespace, "search": name, "uid": search.meta.uid, **data},
    }
    return event if time is None else {**event, "time": _text(time)}


def _text(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")

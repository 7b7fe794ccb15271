"""Tells the receiver of `spec.tracking.cloudEvents` what has happened: one event after the other, in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from itertools import islice

from nas_core.api.tracking import CloudEventsStatus
from nas_core.reasons import TrackingReason
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.http import TrackingHttp
from nas_plan.tracking.events import to_tell
from nas_plan.tracking.record import Record

A_LOOK = 50
"""Events that are sent in one look at a search."""
TYPE = {"Content-Type": "application/cloudevents+json; charset=utf-8"}


class EventsDelivery:
    """Tells one receiver of one search."""

    def __init__(self, http: TrackingHttp, endpoint: str) -> None:
        self._http, self._endpoint = http, endpoint
        self._sent: CloudEventsStatus | None = None
        """What it was told, as far as this process knows; the status may lag behind."""

    async def deliver(self, record: Record, headers: Mapping[str, str]) -> tuple[CloudEventsStatus, int]:
        """Send what the receiver has not been told; return what it has been told then, and whether there is more.

        Raises:
            TrackingFault: if it does not take an event; those before are told.
        """
        search, trials = record.search, record.trials
        recorded = search.status.tracking.cloud_events if search.status.tracking else None
        if recorded is None or recorded.endpoint != self._endpoint:
            recorded = CloudEventsStatus(endpoint=self._endpoint)
        sent = self._sent or recorded
        found = await asyncio.to_thread(lambda: list(islice(to_tell(search, trials, sent), A_LOOK + 1)))
        for telling in found[:A_LOOK]:
            status, _ = await self._http.send(self._endpoint, {**TYPE, **headers}, telling.event)
            if not 200 <= status < 300:
                raise _refused(status)
            sent = self._sent = telling.sent
        return sent, len(found[A_LOOK:])

    async def end(self, now: datetime) -> None:
        """Nothing is told of the end of a search that is deleted."""


def _refused(status: int) -> TrackingFault:
    if status in (401, 403):
        return TrackingFault(
            TrackingReason.SERVER_DENIES,
            f"the receiver of events answers {status}: it does not accept the credentials; correct the Secret, or name "
            "one in spec.tracking.cloudEvents.secretRef",
        )
    return TrackingFault(
        TrackingReason.SERVER_ERROR,
        f"the receiver of events answers {status}; see its log, and that endpoint of spec.tracking.cloudEvents is its "
        "URL",
        of_server=status >= 500 or status == 429,
    )

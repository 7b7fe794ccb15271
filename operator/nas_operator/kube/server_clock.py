"""The time by the API server's clock: the one clock by which the operator judges how old something is.

Creation and deletion times of objects are the API server's, and what the operator writes into a status is compared with
the next leader's time, on another node. So the operator's own clock, which may be wrong by hours, counts only until the
API server has answered once. Every answer has the server's time in its header ``Date`` (RFC 9110, section 6.6.1).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

TOLERANCE_S = 2.0
"""Seconds that an answer may differ before its time is taken over: ``Date`` has whole seconds, and answers travel."""


class ServerClock:
    """Goes on from the last time that was taken over, by a clock that nobody sets."""

    def __init__(
        self,
        steady: Callable[[], float] = time.monotonic,
        own: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._steady, self._own = steady, own
        self._time: datetime | None = None
        self._at = 0.0

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        if self._time is None:
            return self._own()
        return self._time + timedelta(seconds=self._steady() - self._at)

    def heard(self, date: str | None) -> None:
        """Take note of an answer's header ``Date``; one that cannot be read tells nothing."""
        try:
            heard = parsedate_to_datetime(date or "").astimezone(UTC)
        except ValueError:
            return
        if self._time is None or abs(heard - self.now()) > timedelta(seconds=TOLERANCE_S):
            self._time, self._at = heard, self._steady()

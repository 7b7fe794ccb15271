"""Pauses after faults: of one search, or of a server for all searches of a namespace that use it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from nas_core.backoff import backoff
from nas_operator.tracking.faults import TrackingFault

BASE_S, LIMIT_S = 1.0, 60.0
MOST = 4096
"""Pauses that are kept; all are forgotten beyond."""


@dataclass(frozen=True)
class Pause:
    """Why nothing is sent, and until when."""

    fault: TrackingFault
    failures: int
    until: float


class Pauses:
    """Remembers faults; each in a row makes the pause twice as long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[Hashable, Pause] = {}

    def of(self, *keys: Hashable) -> tuple[TrackingFault, float] | None:
        """Return the fault and the seconds that are left of the longest pause of some keys; None if there is none."""
        now = self._clock()
        found = [pause for key in keys if (pause := self._known.get(key)) and pause.until > now]
        longest = max(found, key=lambda pause: pause.until, default=None)
        return (longest.fault, longest.until - now) if longest else None

    def failed(self, key: Hashable, fault: TrackingFault) -> float:
        """Pause after a fault; return for how many seconds."""
        if len(self._known) >= MOST:
            self._known.clear()
        failures = self._known[key].failures + 1 if key in self._known else 1
        seconds = backoff(failures, BASE_S, LIMIT_S)
        self._known[key] = Pause(fault, failures, self._clock() + seconds)
        return seconds

    def succeeded(self, *keys: Hashable) -> None:
        """Forget the faults of some keys."""
        for key in keys:
            self._known.pop(key, None)

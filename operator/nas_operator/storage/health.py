"""Whether the storage of each search works. While it does not, it is probed again with a backoff.

This is in memory only: after a restart it is probed again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nas_core.backoff import backoff
from nas_storage.faults import StorageFault


@dataclass(frozen=True)
class Health:
    """The result of the last probe. ``fault`` is None when the storage works."""

    fault: StorageFault | None = None
    failures: int = 0
    checked_at: float = 0.0
    retry_s: float = 0.0


BACKOFF_BASE_S, BACKOFF_LIMIT_S = 1.0, 30.0


class HealthMonitor:
    """Remembers the health of each search's storage. One task at a time probes for a search."""

    def __init__(self, clock: Callable[[], float], healthy_interval_s: float) -> None:
        self._clock, self._interval = clock, healthy_interval_s
        self._known: dict[str, Health] = {}

    async def check(self, key: str, probe: Callable[[], Awaitable[None]]) -> Health:
        """Return the health for a key (search UID and generation); run the probe if it is due."""
        if not self.due(key):
            return self._known[key]
        try:
            await probe()
        except StorageFault as fault:
            return self.failed(key, fault)
        return self.succeeded(key)

    def due(self, key: str) -> bool:
        """Whether the next check would run its probe."""
        known = self._known.get(key)
        # A storage that works is probed again as well, after the healthy interval.
        return known is None or self._clock() >= known.checked_at + known.retry_s

    def knows(self, key: str) -> bool:
        """Whether the storage has ever answered, good or bad."""
        return key in self._known

    def fault(self, key: str) -> StorageFault | None:
        """Return what was wrong at the last look; None if nothing, or if there was none."""
        known = self._known.get(key)
        return known.fault if known else None

    def succeeded(self, key: str) -> Health:
        """Note that the storage works."""
        health = self._known[key] = Health(checked_at=self._clock(), retry_s=self._interval)
        return health

    def failed(self, key: str, fault: StorageFault) -> Health:
        """Note a fault; the next look is due after 1, 2, 4 … 30 s."""
        failures = self._known[key].failures + 1 if key in self._known else 1
        delay = backoff(failures, BACKOFF_BASE_S, BACKOFF_LIMIT_S)
        health = self._known[key] = Health(fault, failures, self._clock(), delay)
        return health

    def forget(self, uid: str) -> None:
        """Drop what is known of a search that is gone."""
        # Keys of all generations of the search.
        for key in [key for key in self._known if key.startswith(uid)]:
            del self._known[key]

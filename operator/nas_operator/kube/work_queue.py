"""The work queue: which searches want a look, each at most once at a time, later ones by delay.

The watches and timers add keys; the workers in `nas_operator.runtime` take them. A key that is added while it is being
worked on is handed out again afterwards, so no change is ever missed (client-go's workqueue, which this follows).
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class WorkQueue(Generic[Key]):
    """A queue of distinct keys with delays and exponential backoff."""

    def __init__(self, backoff_base: float = 0.2, backoff_limit: float = 60.0) -> None:
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._queued: set[Key] = set()
        self._active: set[Key] = set()
        self._again: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._base, self._limit = backoff_base, backoff_limit

    def __len__(self) -> int:
        return len(self._queued)

    def add(self, key: Key) -> None:
        """Ask for a look at the key now."""
        if key in self._active:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: Key, delay: float) -> None:
        """Ask for a look after ``delay`` seconds; of several delays of a key the earliest holds."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer and timer.when() <= loop.time() + delay:
            return
        if timer:
            timer.cancel()
        self._timers[key] = loop.call_later(delay, self._due, key)

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def take(self) -> Key:
        """Wait for the next key. It must be given back with :meth:`done`."""
        key = await self._ready.get()
        self._queued.discard(key)
        self._active.add(key)
        return key

    def done(self, key: Key) -> None:
        """Give a key back; it is queued again when it was added in the meantime."""
        self._active.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def succeeded(self, key: Key) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    def failed(self, key: Key) -> float:
        """Ask for another look after a backoff that doubles with each failure in a row; return the delay in seconds."""
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        delay = float(min(self._limit, self._base * 2**count))
        self.add_after(key, delay)
        return delay

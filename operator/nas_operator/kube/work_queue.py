"""The work queue: the keys of objects that need a look, each at most once at a time, some after a delay.

The watches and timers add keys; the workers (`nas_operator.kube.controller`) take them. A key that is added while a
worker has it is handed out again afterwards, so no change is missed (as in client-go's workqueue). One thing differs: a
key that has failed is held until its backoff is over, whoever adds it. The writes of a failed look come back as
changes, and would otherwise start the next look at once, for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

from nas_core.backoff import backoff

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
        self._held: set[Key] = set()
        """Failed keys whose timer has not gone off."""
        self._renewed: set[Key] = set()
        """Keys that have changed while they were worked on: a failure of that look says nothing of them."""
        self._base, self._limit = backoff_base, backoff_limit

    def __len__(self) -> int:
        return len(self._queued)

    def add(self, key: Key) -> None:
        """Ask for a look at the key now, or after its backoff if it has failed."""
        if key in self._held:
            return
        if key in self._active:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: Key, delay: float) -> None:
        """Ask for a look after ``delay`` seconds; of several delays of a key the earliest holds."""
        timer = self._timers.get(key)
        if key in self._held or (timer and timer.when() <= asyncio.get_running_loop().time() + delay):
            return
        self._set_timer(key, delay)

    def renew(self, key: Key) -> None:
        """Ask for a look at the key now although it has failed: what the failures came from has changed."""
        self._failures.pop(key, None)
        self._held.discard(key)
        if timer := self._timers.pop(key, None):
            timer.cancel()
        if key in self._active:
            self._renewed.add(key)
        self.add(key)

    def _set_timer(self, key: Key, delay: float) -> None:
        if timer := self._timers.get(key):
            timer.cancel()
        self._timers[key] = asyncio.get_running_loop().call_later(delay, self._due, key)

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self._held.discard(key)
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
        self._renewed.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def succeeded(self, key: Key) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    def failed(self, key: Key, limit: float | None = None) -> float:
        """Hold the key for a backoff that doubles with each failure in a row; return it in seconds.

        ``limit`` is the longest backoff where the queue's own is too long.
        """
        # `renew` has added it again, so `done` hands it out at once.
        if key in self._renewed:
            return 0.0
        self._failures[key] = self._failures.get(key, 0) + 1
        delay = backoff(self._failures[key], self._base, self._limit if limit is None else limit)
        self._held.add(key)
        self._set_timer(key, delay)
        return delay

"""Keeps the operator's loops alive: each is restarted with a backoff, whatever ends it.

A loop that ends is a bug, but it must not stop the operator for every tenant. It is logged with its traceback, counted,
and restarted. If that does not help, :meth:`Supervisor.complaints` says so, which the liveness probe reads.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nas_core.backoff import backoff
from nas_operator.operator_metrics import TASK_RESTARTS

logger = logging.getLogger(__name__)

RESTART_BASE_S, RESTART_LIMIT_S = 0.2, 30.0
SETTLED_S = 60.0
"""Seconds without a further failure after which a loop that has failed counts as mended."""
STALE_S = 300.0
"""Seconds without a sign of life of a loop that has to give one after which the operator calls itself unhealthy."""


@dataclass
class _Loop:
    name: str
    work: Callable[[], Awaitable[None]]
    fresh_at: Callable[[], float] | None
    failing_since: float | None = None
    failed_at: float = 0.0

    def failing(self, now: float) -> float | None:
        """Return for how many seconds it has been failing, None if it runs well."""
        if self.failing_since is None or now - self.failed_at >= SETTLED_S:
            return None
        return now - self.failing_since


class Supervisor:
    """Runs loops until it is stopped. ``sleep`` is given by tests that want no real delays."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._tasks: dict[asyncio.Task[None], _Loop] = {}

    def start(
        self, name: str, work: Callable[[], Awaitable[None]], fresh_at: Callable[[], float] | None = None
    ) -> None:
        """Run a loop, which is called again if it ever ends.

        ``fresh_at`` returns the clock time of its last sign of life, for loops that have to give one.
        """
        loop = _Loop(name, work, fresh_at)
        self._tasks[asyncio.create_task(self._run(loop), name=name)] = loop

    async def stop(self) -> None:
        """End all loops."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def complaints(self) -> list[str]:
        """Return what is wrong with which loop, and for how long; nothing if all is well."""
        now, found = self._clock(), []
        for task, loop in self._tasks.items():
            if task.done():
                found.append(f"{loop.name} has ended")
            elif (failing := loop.failing(now)) is not None and failing >= STALE_S:
                found.append(f"{loop.name} has been failing for {failing:.0f} s")
            elif loop.fresh_at is not None and (silent := now - loop.fresh_at()) >= STALE_S:
                found.append(f"{loop.name} has shown no sign of life for {silent:.0f} s")
        return found

    async def _run(self, loop: _Loop) -> None:
        failures = 0
        while True:
            try:
                await loop.work()
                logger.error("%s has returned, which a loop must not", loop.name)
            except asyncio.CancelledError:
                # A cancelled future that the loop awaited raises the same as our own end.
                if (task := asyncio.current_task()) is None or task.cancelling():
                    raise
                logger.exception("%s was cancelled from within", loop.name)
            except Exception:
                logger.exception("%s has failed", loop.name)
            now = self._clock()
            if loop.failing(now) is None:
                # The loop had run well in between, so its backoff begins anew.
                failures, loop.failing_since = 0, now
            failures, loop.failed_at = failures + 1, now
            TASK_RESTARTS.labels(task=loop.name).inc()
            await self._sleep(backoff(failures, RESTART_BASE_S, RESTART_LIMIT_S))

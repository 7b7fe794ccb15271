"""A controller's loop: take a key from the queue, and let the reconciler bring that object closer to its spec.

An exception is logged, and the key is tried again with the queue's backoff. It never ends the loop.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from nas_operator.errors import Conflict, OperatorError
from nas_operator.kube.store import SearchKey
from nas_operator.kube.work_queue import WorkQueue

logger = logging.getLogger(__name__)

CONFLICT_LIMIT_S = 2.0
"""Longest backoff after a conflict: what it waits for, another writer or the end of an object, takes seconds."""

Reconcile = Callable[[SearchKey], Awaitable[float | None]]
"""Looks at an object once; returns the seconds after which to look again, None if only a change is worth it."""
Observe = Callable[[str, float], None]
"""Gets the outcome of a look (ok, conflict, error, bug) and its seconds."""


class Controller:
    """The workers of one kind of object. Each running :meth:`work` is one worker."""

    def __init__(
        self, kind: str, queue: WorkQueue[SearchKey], reconcile: Reconcile, observe: Observe = lambda *_: None
    ) -> None:
        """``kind`` is what logs call an object."""
        self.kind, self._queue, self._reconcile, self._observe = kind, queue, reconcile, observe

    async def work(self) -> None:
        """Work for ever."""
        while True:
            key = await self._queue.take()
            started = time.monotonic()
            outcome = "bug"
            try:
                delay = await self._reconcile(key)
                outcome = "ok"
                self._queue.succeeded(key)
                if delay is not None:
                    self._queue.add_after(key, delay)
            except Conflict as conflict:
                # Somebody wrote in between; the next look sees what.
                outcome = "conflict"
                logger.debug("%s %s/%s: %s", self.kind, *key, conflict)
                self._queue.failed(key, CONFLICT_LIMIT_S)
            except OperatorError as error:
                outcome = "error"
                delay = self._queue.failed(key)
                logger.warning("%s %s/%s: %s; looking again in %.1f s", self.kind, *key, error, delay)
            except Exception:
                # One object must not stop the others; the traceback is what a bug report needs.
                delay = self._queue.failed(key)
                logger.exception("%s %s/%s: unexpected error; looking again in %.1f s", self.kind, *key, delay)
            finally:
                self._observe(outcome, time.monotonic() - started)
                self._queue.done(key)

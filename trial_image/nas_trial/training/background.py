"""Work that must not hold training up: done in one thread, where only the newest of what waits is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Background:
    """One thread. What is given while it works waits, and gives way to what is given next."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="background")
        self._lock = threading.Lock()
        self._waiting: Callable[[], None] | None = None
        self._newest: Future[None] | None = None

    def do(self, work: Callable[[], None]) -> None:
        """Do the work soon, unless something newer comes first.

        Raises:
            Exception: what earlier work raised.
        """
        # An error of earlier work comes out at the next call, not silently never.
        if self._newest and self._newest.done():
            self._newest.result()
        with self._lock:
            self._waiting = work
        self._newest = self._pool.submit(self._next)

    def drain(self) -> None:
        """Wait until all is done.

        Raises:
            Exception: what the work raised.
        """
        if self._newest:
            self._newest.result()

    def _next(self) -> None:
        with self._lock:
            # None if a task before this one has taken what was given last.
            work, self._waiting = self._waiting, None
        if work:
            work()

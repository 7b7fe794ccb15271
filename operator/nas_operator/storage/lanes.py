"""Threads for calls to storages. Each search has a few of its own, so a storage that hangs holds up only its search.

A thread that hangs in the network cannot be ended. The caller stops waiting after a time, and the thread counts for its
search until it returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LANES = 8
"""Calls of one search at the same time."""
WAITING_S = 60.0
"""Seconds to wait for a free lane: calls end sooner, but for those that hang where no bound reaches."""


class Lanes:
    """Runs calls in threads, at most ``lanes`` at a time for one owner (the UID of a search)."""

    def __init__(self, lanes: int = LANES) -> None:
        self._lanes = lanes
        self._free: dict[str, asyncio.Semaphore] = {}

    def forget(self, owner: str) -> None:
        """Drop what is known of an owner; calls under way end by themselves."""
        self._free.pop(owner, None)

    async def run(self, owner: str, call: Callable[[], T], timeout_s: float) -> T:
        """Return what the call returns or raises, waiting for a free lane first.

        Raises:
            TimeoutError: if it took longer than ``timeout_s`` from its start, or all lanes hang.
        """
        free = self._free.setdefault(owner, asyncio.Semaphore(self._lanes))
        async with asyncio.timeout(WAITING_S):
            await free.acquire()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        # Called when the thread ends, not when its caller gives up: one that hangs keeps its lane.
        def settle(result: T | None, error: BaseException | None) -> None:
            free.release()
            if done.done():
                return  # nobody waits any more
            if error:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]

        def work() -> None:
            result, error = None, None
            try:
                result = call()
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has been closed: the operator ends
                loop.call_soon_threadsafe(settle, result, error)

        # A thread for each call: a pool's idle threads would be another search's, and its busy ones would keep the
        # process from ending.
        try:
            threading.Thread(target=work, daemon=True, name=f"storage of {owner}").start()
        except RuntimeError:
            free.release()
            raise
        return await asyncio.wait_for(done, timeout_s)

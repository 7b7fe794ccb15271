"""Work that a look starts and that may outlast it, so that no worker waits for somebody else's server.

A look waits for a moment, which is enough for a server that works. Longer work goes on beside the looks. When the
answer is there, the search is looked at again, and that look takes it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from nas_core.records.search import SearchView
from nas_operator.kube.store import SearchKey

T = TypeVar("T")

PATIENCE_S = 0.5
"""Seconds that a look waits; one of a search whose last work took longer does not wait at all."""


@dataclass
class _Run(Generic[T]):
    key: SearchKey
    generation: int
    task: asyncio.Task[T]
    begun_at: float
    late: bool = False
    """Whether no look waits for it."""


class Beside(Generic[T]):
    """One piece of work at a time for each search. ``ready`` is called with the key of a search that is to take it."""

    def __init__(self, ready: Callable[[SearchKey], None], patience_s: float = PATIENCE_S) -> None:
        self._ready, self._patience = ready, patience_s
        self._runs: dict[str, _Run[T]] = {}
        """By UID: work under way, or whose answer no look has taken yet."""
        self._slow: set[str] = set()
        """UIDs of the searches whose last work took longer than a look waits."""

    async def ask(self, search: SearchView, work: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """Return what the work gives; None if it will be there for a later look.

        The answer may be of work that an earlier look began, but not for an earlier spec.

        Raises:
            Exception: what the work raises.
        """
        uid = search.meta.uid
        run = self._runs.get(uid)
        if run and run.generation != search.generation:
            self._drop(uid)
            run = None
        if run is None:
            run = self._begin(search, work())
            try:
                if uid not in self._slow:
                    # `wait`, unlike `wait_for`, lets the task go on when the time is over.
                    await asyncio.wait([run.task], timeout=self._patience)
            finally:
                # In `finally`: when the look itself is cancelled here, a later one has to be woken for the answer.
                run.late = not run.task.done()
        if not run.task.done():
            return None
        self._runs.pop(uid, None)
        return run.task.result()

    def forget(self, search_uid: str) -> None:
        """Drop what belongs to a search that is gone."""
        self._drop(search_uid)
        self._slow.discard(search_uid)

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = [run.task for run in self._runs.values()]
        for uid in list(self._runs):
            self._drop(uid)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, search: SearchView, work: Coroutine[Any, Any, T]) -> _Run[T]:
        task = asyncio.create_task(work, name=f"beside {search.meta.name}")
        run = self._runs[search.meta.uid] = _Run(search.meta.key, search.generation, task, time.monotonic())
        task.add_done_callback(partial(self._ended, search.meta.uid, run))
        return run

    def _drop(self, uid: str) -> None:
        if run := self._runs.pop(uid, None):
            run.task.cancel()

    def _ended(self, uid: str, run: _Run[T], task: asyncio.Task[T]) -> None:
        # Dropped in the meantime: the search is gone, or its spec has changed.
        if self._runs.get(uid) is not run:
            if not task.cancelled():
                task.exception()  # Seen: nobody asks for it any more.
            return
        if time.monotonic() - run.begun_at < self._patience:
            self._slow.discard(uid)
        else:
            self._slow.add(uid)
        if run.late:
            self._ready(run.key)

"""Makes plans in threads: one at a time for each search. No look waits for a plan that takes long.

A thread cannot be ended. So when a plan takes long, the look that asked for it ends; when the plan is there, the search
is looked at again, and that look carries it out. Two bounds keep threads for others: on the plans of one namespace, and
on the quick plans of all. A plan that has proved slow no longer counts as quick. So slow plans keep other searches of
their own namespace waiting, and those say so.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from nas_core.records.search import SearchView
from nas_operator.errors import PlanTooSlow
from nas_operator.kube.store import SearchKey
from nas_operator.operator_metrics import PLAN_SECONDS
from nas_plan.actions import Actions
from nas_plan.decide import plan
from nas_plan.snapshot import Snapshot

PATIENCE_S = 10.0
"""Seconds after which a plan counts as slow and its look is not kept any longer."""
A_NAMESPACE = 4
"""Plans of one namespace that are made at the same time."""
QUICK = max(8, os.cpu_count() or 1)
"""Plans of all namespaces that are made at the same time, without slow ones."""
THREADS = 4 * QUICK
"""More than this many slow plans at once, and others do wait."""


@dataclass(frozen=True)
class Planned:
    """A plan, and what it was made from."""

    snapshot: Snapshot
    actions: Actions


@dataclass(eq=False)
class _Run:
    snapshot: Snapshot
    future: asyncio.Future[Actions]
    slow: bool
    """Whether no look waits for it."""
    begun_at: float

    @property
    def namespace(self) -> str:
        return self.snapshot.search.meta.namespace


class Planner:
    """Makes plans. ``ready`` is called with the key of a search when its plan is there."""

    def __init__(self, ready: Callable[[SearchKey], None], patience_s: float = PATIENCE_S) -> None:
        self._ready, self._patience = ready, patience_s
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="plan")
        self._runs: dict[str, _Run] = {}
        """By UID: plans that are being made, or that no look has taken yet."""
        self._made: list[_Run] = []
        """Those being made, also of searches that are gone: their threads are as busy."""
        self._slow: set[str] = set()
        """UIDs of the searches whose last plan was slow."""
        self._waiting: dict[str, SearchKey] = {}
        """By UID: searches that found no room, in their order."""

    def take(self, search: SearchView) -> Planned | None:
        """Return the plan that was made beside the looks at a search; None if there is none of its present spec.

        Raises:
            Exception: what the plan has raised.
        """
        run = self._runs.get(search.meta.uid)
        if run is None or not run.future.done():
            return None
        del self._runs[search.meta.uid]
        if run.snapshot.search.generation != search.generation:
            return None
        return Planned(run.snapshot, run.future.result())

    def has_room(self, search: SearchView) -> bool:
        """Whether a plan of the search may be begun; if not, the search is looked at again when one may."""
        # Its plan is being made, and wakes the search when it is there.
        if search.meta.uid in self._runs:
            return False
        if self._free(search.meta.namespace, search.meta.uid in self._slow):
            # Whoever woke it: an entry that stays behind would take the next wake from a search that needs it.
            self._waiting.pop(search.meta.uid, None)
            return True
        self._waiting[search.meta.uid] = search.meta.key
        return False

    def blocked_by(self, search: SearchView) -> str | None:
        """Return what a search waits for that found no room, if that can take long: slow plans of its namespace."""
        slow = [run for run in self._made if run.slow and run.namespace == search.meta.namespace]
        if search.meta.uid not in self._waiting or len(slow) < A_NAMESPACE:
            return None
        names = ", ".join(sorted({run.snapshot.search.meta.name for run in slow}))
        return (
            f"waits for slow plans of this namespace ({names}), of which {A_NAMESPACE} are made at the same time; "
            "lower their budget.parallelTrials, or make new searches with a cheaper strategy"
        )

    async def plan(self, snapshot: Snapshot, refresh_interval_s: float) -> Planned | None:
        """Return the plan for a snapshot; None if a later look gets it: there is no room, or the search's are slow.

        Raises:
            PlanTooSlow: in place of the first such None.
            Exception: what the plan has raised.
        """
        # Again: others have begun plans while the snapshot was made.
        if not self.has_room(snapshot.search):
            return None
        uid = snapshot.search.meta.uid
        future = asyncio.get_running_loop().run_in_executor(self._pool, plan, snapshot, refresh_interval_s)
        known = uid in self._slow
        run = self._runs[uid] = _Run(snapshot, future, known, time.monotonic())
        self._made.append(run)
        future.add_done_callback(partial(self._ended, run))
        try:
            if not known:
                # `wait` does not cancel the future: a thread cannot be ended, and its plan is still of use.
                await asyncio.wait([future], timeout=self._patience)
        finally:
            if not future.done():
                run.slow = True
                self._slow.add(uid)
        if not (known or future.done()):
            raise PlanTooSlow(
                f"the strategy has taken more than {self._patience:.0f} s to choose and is still choosing; lower "
                "budget.parallelTrials, or make a new search with a cheaper strategy"
            )
        return self.take(snapshot.search)

    def forget(self, search_uid: str) -> None:
        """Drop what belongs to a search that is gone."""
        self._runs.pop(search_uid, None)
        self._slow.discard(search_uid)
        self._waiting.pop(search_uid, None)

    def stop(self) -> None:
        """Begin no more plans."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _free(self, namespace: str, slow: bool) -> bool:
        of_namespace = sum(run.namespace == namespace for run in self._made)
        return of_namespace < A_NAMESPACE and (slow or sum(not run.slow for run in self._made) < QUICK)

    def _ended(self, run: _Run, future: asyncio.Future[Actions]) -> None:
        self._made.remove(run)
        took = time.monotonic() - run.begun_at
        PLAN_SECONDS.observe(took)
        if took < self._patience:
            self._slow.discard(run.snapshot.search.meta.uid)
        if not future.cancelled():
            future.exception()  # Seen: of a search that is gone by now nobody asks for it.
        if run.slow:
            self._ready(run.snapshot.search.meta.key)
        # One only: the end of one plan makes room for one.
        for uid, key in self._waiting.items():
            if self._free(key[0], slow=False):
                del self._waiting[uid]
                self._ready(key)
                return

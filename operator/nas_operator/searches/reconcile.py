"""One look at one search: gather what exists, plan, apply. Called by the workers for each key the queue hands out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from nas_core.layout import storage_location
from nas_core.records.names import STORAGE_FINALIZER
from nas_core.records.objects import SearchView
from nas_operator.errors import ApiDenied, LookTimedOut, OperatorError
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.operator_metrics import PLAN_SECONDS
from nas_operator.searches.apply import Applier
from nas_operator.searches.gather import Gatherer
from nas_operator.settings import Settings
from nas_plan.decide import plan
from nas_plan.events import search_events
from nas_plan.search_status import internal, refused
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)

LOOK_LIMIT_S = 120.0
"""Seconds that one look may take: one that waits for ever keeps a worker from everybody else."""
STATUS_INTERVAL_S = 1.0
"""Least seconds between two writes of a search's status that tell only new counts."""


class Reconciler:
    """Brings searches closer to what their specs ask for."""

    def __init__(
        self,
        stores: Stores,
        gatherer: Gatherer,
        applier: Applier,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stores, self._gatherer, self._applier = stores, gatherer, applier
        self._settings, self._clock = settings, clock
        self._refreshed: dict[SearchKey, float] = {}
        self._written: dict[SearchKey, float] = {}
        self._uids: dict[SearchKey, str] = {}

    async def reconcile(self, key: SearchKey) -> float | None:
        """Look at a search once; return the seconds after which to look again, None if only a change is worth it.

        Raises:
            Exception: to be tried again with a backoff. One that is no `OperatorError` is on record in the search's
                conditions.
        """
        search = self._stores.searches.get(*key)
        if search is None:
            self._forget(key)
            return None
        self._uids[key] = search.meta.uid
        try:
            async with asyncio.timeout(LOOK_LIMIT_S) as limit:
                return await (self._delete(search) if search.meta.deleting else self._look(search))
        except TimeoutError as late:
            if limit.expired():
                raise LookTimedOut(f"a look that took more than {LOOK_LIMIT_S:.0f} s was given up") from late
            await self._report_bug(search, late)
            raise
        except OperatorError:
            raise
        except Exception as bug:
            await self._report_bug(search, bug)
            raise

    async def _report_bug(self, search: SearchView, bug: Exception) -> None:
        """Let the search say what went wrong: the operator's log is not for its owner's eyes."""
        now = datetime.now(UTC)
        search = self._stores.searches.get(*search.meta.key) or search
        status = internal(search, bug, now)
        try:
            await self._applier.report(search, status, search_events(search.status, status), now)
        except OperatorError as error:
            logger.warning("%s/%s: its condition cannot be written: %s", *search.meta.key, error)

    async def _look(self, search: SearchView) -> float | None:
        key = search.meta.key
        started, now = self._clock(), datetime.now(UTC)
        refresh = started - self._refreshed.get(key, -1e9) >= self._settings.metrics_interval
        if refresh:
            # Before anything can fail: the answers wake the search, which would be its next look at once, for ever.
            self._refreshed[key] = started
        snapshot = await self._gatherer.snapshot(search, now, refresh)
        search = snapshot.search
        asked = self._clock()
        # In a thread: a strategy may think for long, and the event loop serves every other search.
        actions = await asyncio.to_thread(plan, snapshot, self._settings.metrics_interval)
        PLAN_SECONDS.observe(self._clock() - asked)
        since = started - self._written.get(key, -1e9)
        write = actions.urgent or since >= STATUS_INTERVAL_S
        try:
            await self._applier.apply(search, actions, now, write)
        except ApiDenied as refusal:
            if actions.status:
                status = refused(snapshot, actions.status, str(refusal))
                await self._applier.report(search, status, search_events(search.status, status), now)
            raise
        if write:
            self._written[key] = started
            return actions.requeue_after
        return min(actions.requeue_after or STATUS_INTERVAL_S, max(0.05, STATUS_INTERVAL_S - since))

    async def _delete(self, search: SearchView) -> float | None:
        """Delete the objects of a search whose deletion waits for it; Kubernetes collects everything it owns."""
        if STORAGE_FINALIZER not in search.finalizers:
            return None
        if search.spec and search.spec.storage and search.spec.storage.deletion_policy == "Delete":
            running = [job for job in self._stores.jobs.of_search(search.meta.key) if not job.finished]
            for job in running:
                await self._applier.stop(job)
            if running:
                return 1.0
            storage = search.spec.storage
            try:
                objects = await self._gatherer.objects(search, storage)
                count, all_gone = await objects.delete_some(storage_location(search.meta, storage).root + "/")
            except StorageFault as fault:
                logger.warning("%s/%s waits for its storage to be deleted: %s", *search.meta.key, fault.message)
                return 10.0
            logger.info("%s/%s: deleted %d objects", *search.meta.key, count)
            if not all_gone:
                return 0.0
        await self._applier.finalizer(search, present=False)
        return None

    def _forget(self, key: SearchKey) -> None:
        self._refreshed.pop(key, None)
        self._written.pop(key, None)
        if uid := self._uids.pop(key, None):
            self._gatherer.forget(uid)

"""Deletes the objects of a deleted search in the bucket, if `storage.deletionPolicy` says so.

Kubernetes collects everything that the search owns. The search keeps the operator's finalizer until its Jobs have ended
and its part of the bucket is empty.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from nas_core.api.storage import Storage
from nas_core.reasons import SearchReason
from nas_core.records.names import STORAGE_FINALIZER
from nas_core.records.search import SearchView
from nas_operator.kube.stores import Stores
from nas_operator.searches.apply import Applier
from nas_operator.searches.gather import Gatherer
from nas_plan.search_status import explain_not_emptied
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)

JOBS_RETRY_S, STORAGE_RETRY_S = 1.0, 10.0


class Deleter:
    """Ends searches that are being deleted. ``hold_up`` tells search, reason and message of one that cannot end yet."""

    def __init__(
        self,
        stores: Stores,
        gatherer: Gatherer,
        applier: Applier,
        hold_up: Callable[[SearchView, SearchReason, str], Awaitable[None]],
    ) -> None:
        self._stores, self._gatherer, self._applier, self._hold_up = stores, gatherer, applier, hold_up

    async def delete(self, search: SearchView) -> float | None:
        """Bring a search closer to its end; return the seconds after which to look again, None if it has none of us."""
        if STORAGE_FINALIZER not in search.finalizers:
            return None
        storage = search.storage
        if storage and storage.deletion_policy == "Delete":
            running = [job for job in self._stores.jobs_of(search.meta.key) if not job.finished]
            # Background deletion, the default, lets the Jobs run until the search is gone: they would go on to write.
            for job in running:
                await self._applier.stop(job)
            if running:
                return JOBS_RETRY_S
            if (retry := await self._empty(search, storage)) is not None:
                return retry
        await self._applier.finalizer(search, present=False)
        return None

    async def _empty(self, search: SearchView, storage: Storage) -> float | None:
        """Delete objects; return the seconds after which to go on, None when the search may go."""
        try:
            deleted = await self._gatherer.empty(search, storage)
        except StorageFault as fault:
            if await self._applier.keeps_its_objects(search, fault):
                return None
            logger.warning("%s/%s waits for its storage to be deleted: %s", *search.meta.key, fault.message)
            await self._hold_up(search, SearchReason.STORAGE_NOT_EMPTIED, explain_not_emptied(search, fault.message))
            return STORAGE_RETRY_S
        if deleted is None:
            return STORAGE_RETRY_S
        # A share of the objects at a time, so that other searches get their turn in between.
        count, all_gone = deleted
        logger.info("%s/%s: deleted %d objects", *search.meta.key, count)
        return None if all_gone else 0.0

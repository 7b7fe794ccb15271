"""Renews the short-lived keys of running pods, before they end.

A loop of its own, beside the looks: pods go on while their search is held up (its ledger cannot be read, its plan is
slow). What a session may do follows from the input in the Job, whatever the spec says by now. Whoever may change that
input may also start pods with the Secret itself, which no session exceeds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from itertools import chain

from nas_core.api.storage import Storage
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_operator.errors import OperatorError
from nas_operator.kube.client import JOBS, Client, path
from nas_operator.kube.job_kinds import Kinds
from nas_operator.kube.stores import Stores
from nas_operator.manifests.session import input_of
from nas_operator.sessions.giver import SessionGiver
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)

EVERY_S = 5.0
"""Seconds between two looks at the Jobs: so long waits, after a kill between Job and Secret, a pod at most."""
AT_ONCE = 16
"""Sessions that are renewed at the same time: after a restart all are due."""


class Renewal:
    """Looks at the Jobs of all searches and models."""

    def __init__(
        self,
        client: Client,
        stores: Stores,
        giver: SessionGiver,
        kinds: Kinds,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``kinds``: what trials may run as beside Jobs."""
        self._client, self._stores, self._giver, self._kinds, self._sleep = client, stores, giver, kinds, sleep

    async def run(self) -> None:
        """Renew what is due, for ever."""
        while True:
            await self.look()
            await self._sleep(EVERY_S)

    async def look(self) -> None:
        """Renew what is due now; what cannot be renewed is tried again after a pause."""
        stores = (self._stores.jobs, self._stores.exports, *self._stores.of_kinds.values())
        jobs = {
            job.meta.uid: job
            for job in chain.from_iterable(store.all() for store in stores)
            if job.session_secret and not job.finished and not job.meta.deleting
        }
        self._giver.keep_only(jobs)
        gate = asyncio.Semaphore(AT_ONCE)

        async def renew(job: JobView) -> None:
            async with gate:
                try:
                    await self._renew(job)
                except (OperatorError, StorageFault, ValueError, LookupError, TypeError) as error:
                    logger.warning("keys of %s/%s are not renewed: %s", *job.meta.key, error)
                    self._giver.failed(job)

        await asyncio.gather(*(renew(job) for job in jobs.values() if self._giver.due(job)))

    async def _renew(self, job: JobView) -> None:
        found = self._owner(job)
        if found is None:
            return  # a store that is not filled yet, or the end of both
        owner, storage = found
        if storage is None or storage.secret_ref is None:
            raise ValueError(f"storage.secretRef of {owner.name} cannot be read, or is not there any more")
        kind = self._kinds[job.kind] if job.kind else None
        raw = await self._client.get(path(kind.resource if kind else JOBS, *job.meta.key))
        given = input_of(kind.as_job(raw) if kind else raw)
        session = await self._giver.open(owner, storage, job.meta.name, given)
        await self._giver.give(raw, session)

    def _owner(self, job: JobView) -> tuple[Meta, Storage | None] | None:
        """Return the search or the model that a Job is for, and its storage; None if it is not known."""
        if job.meta.search:
            search = self._stores.searches.get(job.meta.namespace, job.meta.search)
            return (search.meta, search.storage) if search else None
        models = (model for model in self._stores.models.all() if model.meta.uid == job.meta.owner_uid)
        return next(((model.meta, model.status.storage) for model in models), None)

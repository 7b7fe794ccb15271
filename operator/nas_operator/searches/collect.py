"""Reads what finished Jobs left behind, and whether the storage works: beside the looks, because a storage may hang.

A storage that does not work is only probed, with a backoff (`nas_operator.storage.health`). Until it works again, no
result is read from it and no trial is ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from nas_backend.drop_checkpoints import drop_checkpoints
from nas_backend.left_behind import left_behind, newest_checkpoint
from nas_core.api.storage import Storage
from nas_core.layout import entry_key, storage_location
from nas_core.records.job import JobView
from nas_core.records.names import TRIAL_CONTAINER
from nas_core.records.pod import PodView, telling_pod
from nas_core.records.search import SearchView
from nas_core.records.trial import TrialView
from nas_operator.beside import Beside
from nas_operator.errors import ApiError, OperatorError
from nas_operator.kube.client import PODS, Client, path
from nas_operator.kube.store import SearchKey
from nas_operator.sessions.giver import SessionGiver
from nas_operator.storage.health import HealthMonitor
from nas_operator.storage.objects import Buckets, Objects
from nas_plan.snapshot import Collected
from nas_storage.faults import StorageFault

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOG_LINES = "20"
COLLECTING_S = 30.0
"""Seconds after which the results that are there are taken; the others wait for the next look."""

Pods = Mapping[str, Sequence[PodView]]
"""By Job UID."""


@dataclass(frozen=True)
class Found:
    """What was read; the fields are those of `nas_plan.snapshot.Snapshot`."""

    fault: StorageFault | None = None
    collected: Mapping[str, Collected] = field(default_factory=dict)
    checkpoints: Mapping[str, str | None] = field(default_factory=dict)
    asked: Pods = field(default_factory=dict)
    """The finished Jobs that were asked for, with their pods as they were known then."""


class Collector:
    """Reads for one search at a time once; ``ready`` gets the key of a search whose answers came after its look."""

    def __init__(
        self,
        client: Client,
        buckets: Buckets,
        health: HealthMonitor,
        sessions: SessionGiver,
        ready: Callable[[SearchKey], None],
    ) -> None:
        self._client, self._buckets, self._health, self._sessions = client, buckets, health, sessions
        self._reading: Beside[Found] = Beside(ready)
        self._emptying: Beside[tuple[int, bool]] = Beside(ready)
        self._dropping: Beside[frozenset[tuple[str, str | None]]] = Beside(ready)

    def forget(self, search_uid: str) -> None:
        """Drop what is remembered of a search that is gone."""
        for part in (self._health, self._buckets, self._reading, self._emptying, self._dropping):
            part.forget(search_uid)

    def failed(self, search: SearchView, fault: StorageFault) -> StorageFault:
        """Note what another use of a search's storage has found; the storage is probed before it is used again."""
        self._health.failed(_health_key(search), fault)
        return fault

    async def stop(self) -> None:
        """Give up what is under way."""
        await asyncio.gather(self._reading.stop(), self._emptying.stop(), self._dropping.stop())

    async def collect(
        self, search: SearchView, finished: Sequence[JobView], pods: Pods, left: Sequence[str]
    ) -> Found | None:
        """Return what is known now; None while the storage has never answered, good or bad.

        Args:
            search: with a spec that can be read.
            finished: Jobs whose results are wanted.
            pods: of these Jobs.
            left: names of trials whose newest checkpoint is wanted.
        """
        if search.storage and (refused := self._buckets.refusal(search.meta, search.storage)):
            # Here, as what a policy refuses is known at once and passes at once: it needs no probe and no backoff.
            return Found(refused)
        key, stored = _health_key(search), search.storage is not None
        if not (finished or left or (stored and self._health.due(key))):
            return Found(self._health.fault(key))
        wanted = {job.meta.uid: pods.get(job.meta.uid, ()) for job in finished}
        read = partial(self._read, search, finished, wanted, left)
        found = await self._reading.ask(search, read)
        if found and not all(found.asked.get(uid) == known for uid, known in wanted.items()):
            # An earlier look asked. Jobs and pods may have ended since, and a pod's end may bring the only result.
            found = await self._reading.ask(search, read) or found
        if found is None and stored and not self._health.knows(key):
            return None
        found = found or Found()
        return Found(
            self._health.fault(key),
            {uid: answer for uid, answer in found.collected.items() if found.asked[uid] == wanted.get(uid)},
            {name: address for name, address in found.checkpoints.items() if name in left},
        )

    async def empty(self, search: SearchView, storage: Storage) -> tuple[int, bool] | None:
        """Delete objects of a search for some seconds; return how many, and whether none is left.

        None if that will be there for a later look.

        Raises:
            StorageFault: if the storage cannot be used.
        """

        async def work() -> tuple[int, bool]:
            objects = await self.objects(search, storage)
            count, done = await objects.delete_some(storage_location(search.meta, storage).root + "/")
            if done:
                meta = search.meta
                entry = entry_key(storage.prefix, meta.namespace, meta.name, meta.uid, search.created)
                more, done = await objects.delete_some(entry)
                count += more
            return count, done

        return await self._emptying.ask(search, work)

    async def drop(self, search: SearchView, trials: Sequence[TrialView]) -> frozenset[str]:
        """Delete checkpoints that the records of trials let go, some at a time; return the names of those now done.

        Beside the reading of results, which does not wait for it.
        """
        if not trials or search.storage is None or self._health.fault(_health_key(search)):
            return frozenset()
        done = await self._dropping.ask(search, partial(self._drop, search, search.storage, trials)) or frozenset()
        # The answer may be of an earlier look: of what a record has let go since, it says nothing.
        return frozenset(t.meta.name for t in trials if (t.meta.name, t.status.checkpoints) in done)

    async def _drop(
        self, search: SearchView, storage: Storage, trials: Sequence[TrialView]
    ) -> frozenset[tuple[str, str | None]]:
        try:
            gone = await drop_checkpoints(search.meta, storage, await self.objects(search, storage), trials)
        except StorageFault as fault:
            self._health.failed(_health_key(search), fault)
            return frozenset()
        return frozenset((t.meta.name, t.status.checkpoints) for t in trials if t.meta.name in gone)

    async def _read(self, search: SearchView, finished: Sequence[JobView], pods: Pods, left: Sequence[str]) -> Found:
        fault = await self._storage_fault(search)
        collected, late_fault = await self._collect(search, fault, finished, pods)
        checkpoints = {} if late_fault or fault else await self._checkpoints(search, left)
        return Found(collected=collected, checkpoints=checkpoints, asked=pods)

    async def objects(self, search: SearchView, storage: Storage) -> Objects:
        """Return the objects of a search's bucket.

        Raises:
            StorageFault: if its Secret cannot be used, or a policy of the namespace does not allow the server.
        """
        return await self._buckets.open(search.meta, storage)

    async def _storage_fault(self, search: SearchView) -> StorageFault | None:
        """Return what is wrong with the storage, None if nothing is or there is none."""
        storage = search.storage
        if storage is None:
            return None
        root = storage_location(search.meta, storage).root

        async def probe() -> None:
            await (await self.objects(search, storage)).probe(root)
            if storage.scoped:
                await self._sessions.require(search.meta, storage)

        return (await self._health.check(_health_key(search), probe)).fault

    async def _collect(
        self,
        search: SearchView,
        fault: StorageFault | None,
        finished: Sequence[JobView],
        pods: Pods,
    ) -> tuple[dict[str, Collected], StorageFault | None]:
        """Read what finished Jobs left; with a storage that does not work nothing is read, and nothing is judged."""
        if fault or not finished:
            return {}, None
        storage = search.storage
        try:
            objects = await self.objects(search, storage) if storage else None
        except StorageFault as unusable:
            return {}, self._health.failed(_health_key(search), unusable).fault
        works = [
            left_behind(search.meta, storage, objects, job.trial, telling_pod(pods[job.meta.uid]), self._log)
            for job in finished
        ]
        collected, late = {}, None
        for job, answer in zip(finished, await _those_in_time(works, COLLECTING_S), strict=True):
            if isinstance(answer, Collected):
                collected[job.meta.uid] = answer
            elif isinstance(answer, StorageFault):
                late = self._health.failed(_health_key(search), answer).fault
            elif isinstance(answer, OperatorError):
                logger.warning("result of %s: %s; trying again", job.meta.name, answer)
            # A bug in the reading: the look fails, and the search's condition says so.
            elif answer is not None:
                raise answer
        return collected, late

    async def _checkpoints(self, search: SearchView, trials: Sequence[str]) -> dict[str, str | None]:
        """Return the addresses of the newest checkpoints of trials; nothing while they cannot be read."""
        storage = search.storage
        if storage is None or not trials:
            return {}
        try:
            objects = await self.objects(search, storage)
            addresses = await asyncio.gather(*(newest_checkpoint(search.meta, storage, objects, t) for t in trials))
        except StorageFault as fault:
            self._health.failed(_health_key(search), fault)
            return {}
        return dict(zip(trials, addresses, strict=True))

    async def _log(self, pod: PodView) -> str | None:
        url = path(PODS, pod.meta.namespace, pod.meta.name, "log")
        query = {"container": TRIAL_CONTAINER, "tailLines": LOG_LINES, "limitBytes": "4096"}
        try:
            text: str = await self._client.request("GET", url, query=query, text=True)
        except ApiError:
            # The node or the pod is gone: what Kubernetes kept of the log in the termination message has to do.
            return pod.message or None
        return text


async def _those_in_time(works: Sequence[Coroutine[Any, Any, T]], timeout_s: float) -> list[T | BaseException | None]:
    """Return what each gives or raises; None for one that has not ended in time."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, timeout=timeout_s)
        return [(task.exception() or task.result()) if task.done() else None for task in tasks]
    finally:
        for task in tasks:
            task.cancel()


def _health_key(search: SearchView) -> str:
    # With the generation: a corrected endpoint or Secret is tried at once, without the backoff of the wrong one.
    return f"{search.meta.uid}/{search.generation}"

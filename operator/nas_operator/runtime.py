"""The operator at work: watches feeding stores, a queue of searches that want a look, workers that take it.

Kopf watches the searches (`nas_operator.handlers` hands their events in); Jobs, pods and trials come through watches
of our own, because Kopf's indexing is quadratic in their number.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

import aiohttp

from nas_core.records.names import MANAGED_BY
from nas_operator.kube.client import JOBS, PODS, SEARCHES, SPACES, TRIALS, ApiError, Client, Resource, path
from nas_operator.kube.crd_check import require_current_crds
from nas_operator.kube.store import SearchKey, Store
from nas_operator.kube.stores import Stores
from nas_operator.kube.watch import Watch
from nas_operator.kube.work_queue import WorkQueue
from nas_operator.operator_metrics import QUEUE_DEPTH, RECONCILE_SECONDS
from nas_operator.searches.apply import Applier, Conflict, Refused
from nas_operator.searches.gather import Gatherer
from nas_operator.searches.live_readings import LiveReader
from nas_operator.searches.reconcile import Reconciler
from nas_operator.settings import Settings
from nas_operator.shared_spaces.status import report
from nas_operator.storage.health import HealthMonitor

logger = logging.getLogger(__name__)

RESYNC_S = 60.0
"""Seconds between two lists of the searches: heals a watch of Kopf's that has died without a word."""
STALE_S = 300.0
"""Seconds without a sign of life of a watch after which the operator calls itself unhealthy."""
SELECTOR = ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())


class Runtime:
    """Everything that runs, from :meth:`__aenter__` to :meth:`__aexit__`."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client, self._settings = client, settings
        self.queue: WorkQueue[SearchKey] = WorkQueue()
        self._spaces: WorkQueue[SearchKey] = WorkQueue()
        self.stores = Stores(self.queue.add, self._space_changed)
        self._watches: list[Watch] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._resynced_at = time.monotonic()
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open connections, wait until every store has been filled once, start the workers."""
        await self._stack.enter_async_context(self._client)
        # Before the watches, which would wait for ever for the list of a kind that does not exist.
        await require_current_crds(self._client)
        session = await self._stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        self._stack.push_async_callback(self._stop_tasks)
        resources: list[tuple[Resource, Store[Any], str | None]] = [
            (SPACES, self.stores.spaces, None),
            (TRIALS, self.stores.trials, SELECTOR),
            (JOBS, self.stores.jobs, SELECTOR),
            (PODS, self.stores.pods, SELECTOR),
        ]
        for resource, store, selector in resources:
            for namespace in self._settings.namespaces or (None,):
                watch = Watch(self._client, resource, namespace, store, selector)
                self._watches.append(watch)
                self._start_task(watch.run(), f"watch {resource[1]}")
        await asyncio.gather(*(watch.synced.wait() for watch in self._watches))
        health = HealthMonitor(time.monotonic, self._settings.metrics_interval)
        live = LiveReader(self._client, session, self._settings.prometheus_url, self.queue.add)
        self._stack.push_async_callback(live.stop)
        gatherer = Gatherer(self._client, self.stores, self._settings, health, live)
        applier = Applier(self._client, self.stores, self._settings)
        reconciler = Reconciler(self.stores, gatherer, applier, self._settings)
        self._start_task(self._resync(), "resync")
        self._start_task(self._report_spaces(), "search spaces")
        for number in range(self._settings.workers):
            self._start_task(self._work(reconciler), f"worker {number}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _start_task(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def healthy(self) -> bool:
        """Whether every task lives, and every watch and the resync have shown a sign of life lately."""
        if any(task.done() for task in self._tasks):
            return False
        oldest = min([self._resynced_at, *(watch.fresh_at for watch in self._watches)])
        return time.monotonic() - oldest < STALE_S

    async def _work(self, reconciler: Reconciler) -> None:
        while True:
            key = await self.queue.take()
            QUEUE_DEPTH.set(len(self.queue))
            started = time.monotonic()
            outcome = "ok"
            try:
                delay = await reconciler.reconcile(key)
                self.queue.succeeded(key)
                if delay is not None:
                    self.queue.add_after(key, delay)
            except Conflict as conflict:
                outcome = "conflict"
                logger.debug("%s/%s: %s", *key, conflict)
                self.queue.failed(key)
            except (Refused, ApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                outcome = "error"
                delay = self.queue.failed(key)
                logger.warning("%s/%s: %s; looking again in %.1f s", *key, error or type(error).__name__, delay)
            except Exception:
                # One search must not stop the others; the traceback is what a bug report needs.
                outcome = "bug"
                logger.exception("%s/%s: unexpected error; looking again in %.1f s", *key, self.queue.failed(key))
            finally:
                RECONCILE_SECONDS.labels(outcome=outcome).observe(time.monotonic() - started)
                self.queue.done(key)

    def _space_changed(self, key: SearchKey) -> None:
        self._spaces.add(key)
        for search in self.stores.searches_in(key):
            self.queue.add(search)

    async def _report_spaces(self) -> None:
        while True:
            key = await self._spaces.take()
            try:
                if space := self.stores.spaces.get(*key):
                    await report(self._client, space)
                self._spaces.succeeded(key)
            except (ApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                delay = self._spaces.failed(key)
                logger.warning("search space %s/%s: %s; looking again in %.1f s", *key, error, delay)
            finally:
                self._spaces.done(key)

    async def _resync(self) -> None:
        while True:
            await asyncio.sleep(RESYNC_S)
            try:
                for namespace in self._settings.namespaces or (None,):
                    items, version = await self._client.list_all(path(SEARCHES, namespace))
                    self.stores.searches.replace(items, int(version), namespace)
                self._resynced_at = time.monotonic()
            except (ApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                logger.warning("listing the searches: %s", error or type(error).__name__)

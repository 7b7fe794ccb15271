"""The operator at work: watches feeding stores, a queue of searches that want a look, workers that take it.

Kopf watches the searches (`nas_operator.handlers` hands their events in); Jobs, pods and trials come through watches
of our own, because Kopf's indexing is quadratic in their number. Every loop is a supervised one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from functools import partial
from types import TracebackType
from typing import Any, Self

import aiohttp

from nas_core.records.names import MANAGED_BY
from nas_operator.errors import Conflict, OperatorError
from nas_operator.kube.client import JOBS, PODS, SEARCHES, SPACES, TRIALS, Client, Resource, path
from nas_operator.kube.crd_check import require_current_crds
from nas_operator.kube.store import SearchKey, Store
from nas_operator.kube.stores import Stores
from nas_operator.kube.watch import Watch
from nas_operator.kube.work_queue import WorkQueue
from nas_operator.operator_metrics import QUEUE_DEPTH, RECONCILE_SECONDS
from nas_operator.searches.apply import Applier
from nas_operator.searches.gather import Gatherer
from nas_operator.searches.live_readings import LiveReader
from nas_operator.searches.planner import Planner
from nas_operator.searches.reconcile import Reconciler
from nas_operator.settings import Settings
from nas_operator.shared_spaces.status import report
from nas_operator.storage.health import HealthMonitor
from nas_operator.supervise import Supervisor

logger = logging.getLogger(__name__)

RESYNC_S = 60.0
"""Seconds between two lists of the searches: heals a watch of Kopf's that has died without a word."""
CONFLICT_LIMIT_S = 2.0
"""Longest backoff after a conflict: what it waits for, another writer or the end of an object, takes seconds."""
SELECTOR = ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())


class Runtime:
    """Everything that runs, from :meth:`__aenter__` to :meth:`__aexit__`."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client, self._settings = client, settings
        self.queue: WorkQueue[SearchKey] = WorkQueue()
        self._spaces: WorkQueue[SearchKey] = WorkQueue()
        self.stores = Stores(self.queue.add, self._space_changed, self._search_changed)
        self._asked: dict[SearchKey, object] = {}
        """What is asked of each search that is known: its UID and generation, and whether it is being deleted."""
        self._supervisor = Supervisor()
        self._resynced_at = time.monotonic()
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open connections, wait until every store has been filled once, start the workers."""
        await self._stack.enter_async_context(self._client)
        # Before the watches, which would wait for ever for the list of a kind that does not exist.
        await require_current_crds(self._client)
        session = await self._stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        self._stack.push_async_callback(self._supervisor.stop)
        resources: list[tuple[Resource, Store[Any], str | None]] = [
            (SPACES, self.stores.spaces, None),
            (TRIALS, self.stores.trials, SELECTOR),
            (JOBS, self.stores.jobs, SELECTOR),
            (PODS, self.stores.pods, SELECTOR),
        ]
        watches = []
        for resource, store, selector in resources:
            for namespace in self._settings.namespaces or (None,):
                watch = Watch(self._client, resource, namespace, store, selector)
                watches.append(watch)
                name = f"watch of {resource[1]}" + (f" in {namespace}" if namespace else "")
                self._supervisor.start(name, watch.run, partial(getattr, watch, "fresh_at"))
        await asyncio.gather(*(watch.synced.wait() for watch in watches))
        health = HealthMonitor(time.monotonic, self._settings.metrics_interval)
        live = LiveReader(self._client, session, self._settings.prometheus_url, self.queue.add)
        self._stack.push_async_callback(live.stop)
        gatherer = Gatherer(self._client, self.stores, self._settings, health, live)
        applier = Applier(self._client, self.stores, self._settings)
        planner = Planner(self.queue.add)
        self._stack.callback(planner.stop)
        reconciler = Reconciler(self.stores, gatherer, applier, planner, self._settings)
        self._resynced_at = time.monotonic()
        self._supervisor.start("list of the searches", self._resync, lambda: self._resynced_at)
        self._supervisor.start("status of search spaces", self._report_spaces)
        for number in range(self._settings.workers):
            self._supervisor.start(f"worker {number}", partial(self._work, reconciler))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def complaints(self) -> list[str]:
        """Return what is wrong with which loop, and for how long; nothing if all is well."""
        return self._supervisor.complaints()

    async def _work(self, reconciler: Reconciler) -> None:
        while True:
            key = await self.queue.take()
            QUEUE_DEPTH.set(len(self.queue))
            started = time.monotonic()
            outcome = "bug"
            try:
                delay = await reconciler.reconcile(key)
                outcome = "ok"
                self.queue.succeeded(key)
                if delay is not None:
                    self.queue.add_after(key, delay)
            except Conflict as conflict:
                outcome = "conflict"
                logger.debug("%s/%s: %s", *key, conflict)
                self.queue.failed(key, CONFLICT_LIMIT_S)
            except OperatorError as error:
                outcome = "error"
                logger.warning("%s/%s: %s; looking again in %.1f s", *key, error, self.queue.failed(key))
            except Exception:
                # One search must not stop the others; the traceback is what a bug report needs.
                logger.exception("%s/%s: unexpected error; looking again in %.1f s", *key, self.queue.failed(key))
            finally:
                RECONCILE_SECONDS.labels(outcome=outcome).observe(time.monotonic() - started)
                self.queue.done(key)

    def _search_changed(self, key: SearchKey) -> None:
        """Look at a search that has changed: at once if what is asked of it has, else when its backoff is over."""
        search = self.stores.searches.get(*key)
        asked = (search.meta.uid, search.generation, search.meta.deleting) if search else None
        known = self._asked.pop(key, None)
        if asked is not None:
            self._asked[key] = asked
        # What we write ourselves, the status, comes back as a change too.
        (self.queue.add if asked == known else self.queue.renew)(key)

    def _space_changed(self, key: SearchKey) -> None:
        self._spaces.add(key)
        for search in self.stores.searches_in(key):
            self.queue.renew(search)

    async def _report_spaces(self) -> None:
        while True:
            key = await self._spaces.take()
            try:
                if space := self.stores.spaces.get(*key):
                    await report(self._client, space)
                self._spaces.succeeded(key)
            except OperatorError as error:
                delay = self._spaces.failed(key)
                logger.warning("search space %s/%s: %s; looking again in %.1f s", *key, error, delay)
            except Exception:
                delay = self._spaces.failed(key)
                logger.exception("search space %s/%s: unexpected error; looking again in %.1f s", *key, delay)
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
            except OperatorError as error:
                logger.warning("listing the searches: %s", error)

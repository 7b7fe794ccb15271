"""Keeping a store in step with the API server: list, watch, reconnect, list again.

One task a resource and namespace. Bookmarks arrive about once a minute, so a stream that is silent for longer is dead
(a half-open connection, a paused proxy) and is opened again. When the resource version is too old (410 Gone), the
collection is listed again. The liveness probe looks at ``fresh_at``.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from nas_core.backoff import backoff
from nas_operator.errors import ApiError, OperatorError
from nas_operator.kube.client import Client, Resource, path
from nas_operator.operator_metrics import WATCH_RESTARTS

logger = logging.getLogger(__name__)

SETTLED_S = 1.0
"""Seconds that a stream has to last to count as one."""
SILENCE_S = 100.0
"""Seconds without a byte after which a watch counts as dead; the server sends a bookmark every 60 s."""


class Sink(Protocol):
    """What a watch feeds: `nas_operator.kube.store.Store`."""

    def put(self, raw: Mapping[str, Any]) -> None:
        """Take an object in."""

    def remove(self, raw: Mapping[str, Any]) -> None:
        """Drop an object."""

    def replace(self, items: list[dict[str, Any]], version: int, namespace: str | None) -> None:
        """Take in a whole list of a namespace, or of all."""


class Watch:
    """A list and watch of one collection, feeding a store for as long as its task :meth:`run` lives."""

    def __init__(
        self,
        client: Client,
        resource: Resource,
        namespace: str | None,
        sink: Sink,
        label_selector: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._sink, self._selector = client, sink, label_selector
        self._url, self._resource, self._namespace = path(resource, namespace), resource.plural, namespace
        self._clock = clock
        self.synced = asyncio.Event()
        """Set once the first list has been taken in."""
        self.fresh_at = clock()
        """Clock time at which the store was last known to be in step."""

    async def run(self) -> None:
        """List and watch for ever; faults are logged and retried with a backoff of at most 10 s."""
        version: str | None = None
        failures = 0
        while True:
            opened, fault = self._clock(), ""
            try:
                if version is None:
                    version = await self._list()
                version = await self._follow(version)
            except ApiError as error:
                if error.status == 410:
                    logger.info("watch of %s is too far behind, listing again", self._url)
                    version = None
                    WATCH_RESTARTS.labels(resource=self._resource, reason="gone").inc()
                else:
                    fault = str(error)
            except (OperatorError, ValueError, LookupError, TypeError) as error:
                # Beside faults of the connection: an event that is not of the form.
                fault = str(error) or type(error).__name__
            if not fault and self._clock() - opened >= SETTLED_S:
                failures = 0
                continue
            failures += 1
            # Once, a stream may end (or be too far behind) at once; one that always does would be opened in a hot loop.
            if fault or failures > 1:
                await self._pause(fault or "it ends as soon as it is opened", failures)

    async def _pause(self, fault: str, failures: int) -> None:
        # With jitter: watches that have failed together must not all come back at one moment.
        delay = backoff(failures, 0.2, 10.0) * random.uniform(0.5, 1.0)
        logger.warning("watch of %s: %s; trying again in %.1f s", self._url, fault, delay)
        WATCH_RESTARTS.labels(resource=self._resource, reason="error").inc()
        await asyncio.sleep(delay)

    async def _list(self) -> str:
        items, version = await self._client.list_all(self._url, self._selector)
        self._sink.replace(items, int(version), self._namespace)
        self.fresh_at = self._clock()
        self.synced.set()
        return version

    async def _follow(self, version: str) -> str:
        # At random, as client-go's reflectors do: watches that were opened together do not end together.
        events = self._client.watch(self._url, version, self._selector, random.randint(240, 300), SILENCE_S)
        async for event in events:
            raw = event["object"]
            self.fresh_at = self._clock()
            match event["type"]:
                case "ADDED" | "MODIFIED":
                    self._sink.put(raw)
                case "DELETED":
                    self._sink.remove(raw)
            # Of bookmarks too, which are there for that: a quiet watch can go on without a new list (KEP-956).
            version = raw["metadata"]["resourceVersion"]
        return version

"""Lists a collection from time to time, in case its watch has died silently, as Kopf's may."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from nas_operator.errors import OperatorError
from nas_operator.kube.client import Client, Resource, path
from nas_operator.kube.watch import Sink

logger = logging.getLogger(__name__)

INTERVAL_S = 60.0


class Relist:
    """Feeds a store with whole lists, beside the watch that feeds it with changes."""

    def __init__(self, client: Client, resource: Resource, namespaces: Sequence[str | None], sink: Sink) -> None:
        self._client, self._resource, self.namespaces, self._sink = client, resource, namespaces, sink
        self.fresh_at = time.monotonic()
        """Clock time of the last list."""

    async def run(self) -> None:
        """List for ever; a list that fails is logged, and the next one is on time."""
        while True:
            # The wait comes first: Kopf has just made a list of its own.
            await asyncio.sleep(INTERVAL_S)
            try:
                for namespace in self.namespaces:
                    items, version = await self._client.list_all(path(self._resource, namespace))
                    self._sink.replace(items, int(version), namespace)
                self.fresh_at = time.monotonic()
            except OperatorError as error:
                logger.warning("listing the %s: %s", self._resource.plural, error)

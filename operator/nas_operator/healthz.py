"""``/healthz`` for the kubelet's probes: 200, or 503 with one line for each thing that is wrong.

Kopf's endpoint is not used: after a failed probe it tries again a minute later, and does not answer until then. The
kubelet has no token to show, so everyone may read this page: it names loops, and no search.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from aiohttp import web

logger = logging.getLogger(__name__)


class Health:
    """Answers probes with what ``complaints`` returns; `page_server` serves it."""

    def __init__(self, complaints: Callable[[], Sequence[str]]) -> None:
        self._complaints = complaints
        self._said: Sequence[str] = ()

    async def answer(self, _: web.Request) -> web.Response:
        """Answer a probe."""
        found = self._complaints()
        if found and not self._said:
            # Once each time: the kubelet asks every few seconds.
            logger.error("unhealthy: %s", "; ".join(found))
        self._said = found
        if found:
            return web.Response(status=503, text="\n".join(found) + "\n")
        return web.Response(text="ok\n")

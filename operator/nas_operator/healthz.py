"""``/healthz`` for the kubelet's probes: 200, or 503 with one line for each thing that is wrong.

Kopf's endpoint is not used: after a failed probe it tries again a minute later, and does not answer until then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from aiohttp import web

logger = logging.getLogger(__name__)


class HealthServer:
    """Serves ``/healthz`` from :meth:`start` to :meth:`stop`."""

    def __init__(self, port: int, complaints: Callable[[], Sequence[str]]) -> None:
        self._port, self._complaints = port, complaints
        self._runner: web.AppRunner | None = None
        self._said: Sequence[str] = ()

    async def start(self) -> None:
        """Listen on all addresses.

        Raises:
            OSError: if the port is taken.
        """
        app = web.Application()
        app.router.add_get("/healthz", self.answer)
        self._runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, port=self._port).start()

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

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

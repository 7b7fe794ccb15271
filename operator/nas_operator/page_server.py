"""Serves one page of the operator over HTTP; `healthz` and `metrics_endpoint` say what is on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web


class PageServer:
    """Serves a path from :meth:`start` to :meth:`stop`."""

    def __init__(self, port: int, path: str, answer: Callable[[web.Request], Awaitable[web.Response]]) -> None:
        self._port, self._path, self._answer = port, path, answer
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on all addresses.

        Raises:
            OSError: if the port is taken.
        """
        app = web.Application()
        app.router.add_get(self._path, self._answer)
        self._runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, port=self._port).start()

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

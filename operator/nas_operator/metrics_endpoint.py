"""The operator's ``/metrics``, for whoever may read it (`metrics_access`); `operator_metrics` has what is on it."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from nas_operator.errors import OperatorError
from nas_operator.metrics_access import Access, MetricsAccess, TooManyReviews

logger = logging.getLogger(__name__)

RIGHT = "the verb get on the nonResourceURL /metrics (the chart's ClusterRole …-metrics-reader gives it)"


class MetricsEndpoint:
    """Answers a scrape; `page_server` serves it. ``access`` is None when everyone may read it."""

    def __init__(self, access: MetricsAccess | None, registry: CollectorRegistry = REGISTRY) -> None:
        self._access, self._registry = access, registry
        self._turn = asyncio.Lock()
        self._failing = False

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a scrape."""
        if self._access and (denial := await self._denial(request, self._access)):
            return denial
        # One at a time, in a thread: with thousands of searches a page takes a while.
        async with self._turn:
            page = await asyncio.to_thread(generate_latest, self._registry)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _denial(self, request: web.Request, access: MetricsAccess) -> web.Response | None:
        """Return the answer to a request that may not read the page."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return _unknown("send the token of an account: Authorization: Bearer …")
        try:
            found = await access.of(token.strip())
        except TooManyReviews as error:
            return web.Response(status=429, text=f"{error}\n", headers={"Retry-After": "1"})
        except OperatorError as error:
            if not self._failing:
                # Once: Prometheus tries again every few seconds.
                logger.warning("/metrics is not shown, as no token can be reviewed: %s", error)
            self._failing = True
            # Not what the API server said: whoever asks is not known.
            return web.Response(
                status=503, text="the API server does not say who this is; the operator's log has why\n"
            )
        self._failing = False
        match found:
            case Access.UNKNOWN:
                return _unknown("the API server knows no account with this token")
            case Access.FORBIDDEN:
                return web.Response(status=403, text=f"this account needs {RIGHT}\n")
            case Access.ALLOWED:
                return None


def _unknown(text: str) -> web.Response:
    return web.Response(status=401, text=f"{text}\n", headers={"WWW-Authenticate": "Bearer"})

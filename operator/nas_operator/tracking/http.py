"""Requests to the servers of `spec.tracking`: bounded, and only to those that the platform team has listed.

Users write the addresses. The list is asked for the URL of each request and for the addresses of each connection, which
then goes to an address that was asked for (`nas_storage.allowed_endpoints`). No redirect is followed, no proxy of the
environment used, no cookie kept. What a server says is told to nobody, but for its status and code.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from nas_core.reasons import TrackingReason
from nas_operator.bounded_answer import read_up_to
from nas_operator.operator_metrics import TRACKING_REQUESTS
from nas_operator.tracking.faults import TrackingFault
from nas_storage.allowed_endpoints import AllowedEndpoints
from nas_storage.faults import StorageFault

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)
IDLE_S = 2.0
"""Seconds that a connection is kept: less than servers keep one, who would close it under the next request."""
ANSWER_BYTES = 8 << 20
LOOKUPS = 4
"""Names that are looked up at the same time: a look-up that hangs keeps its thread."""

Json = dict[str, Any]


class TrackingHttp:
    """Connections to servers, until it is closed. Made in the event loop that it is used in."""

    def __init__(self, servers: AllowedEndpoints) -> None:
        self._servers = servers
        self._session = aiohttp.ClientSession(
            trust_env=False,
            timeout=TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            # No bound over all searches: those of a server that hangs would keep the others waiting.
            connector=aiohttp.TCPConnector(
                resolver=_Resolver(servers), use_dns_cache=False, limit=0, keepalive_timeout=IDLE_S
            ),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def send(self, url: str, headers: Mapping[str, str], body: Json | None) -> tuple[int, bytes]:
        """POST JSON, or GET if there is none; return the status and the content of the answer, whatever they are.

        Raises:
            TrackingFault: if the server is not allowed, or does not answer in time with at most ``ANSWER_BYTES``.
        """
        try:
            answer = await self._send(url, headers, body)
        except TrackingFault as fault:
            TRACKING_REQUESTS.labels(outcome=fault.reason).inc()
            raise
        TRACKING_REQUESTS.labels(outcome=str(answer[0])).inc()
        return answer

    async def _send(self, url: str, headers: Mapping[str, str], body: Json | None) -> tuple[int, bytes]:
        try:
            self._servers.require(url)
            async with self._session.request(
                "GET" if body is None else "POST",
                url,
                data=None if body is None else json.dumps(body, allow_nan=False).encode(),
                headers=headers if body is None else {"Content-Type": "application/json", **headers},
                allow_redirects=False,
            ) as answer:
                return answer.status, await read_up_to(ANSWER_BYTES, answer)
        except StorageFault as fault:
            # Its own message is of spec.storage. The same for all that is not in the list, whatever is there.
            raise TrackingFault(
                TrackingReason.TRACKING_ENDPOINT_NOT_ALLOWED,
                "endpoint of spec.tracking is not a server that the operator may contact; use another one, or ask the "
                "platform team to add it to tracking.allowedEndpoints of the operator's chart",
            ) from fault
        # ValueError: a URL, or an answer, that makes no sense to the library, or one that is too large.
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise TrackingFault(
                TrackingReason.SERVER_UNREACHABLE,
                "the server of spec.tracking does not answer as it should; check endpoint, or wait: what is missing "
                "is delivered when it does",
                of_server=True,
            ) from error


class _Resolver(AbstractResolver):
    """Looks a name up, in threads of its own, and returns those of its addresses that are allowed."""

    def __init__(self, servers: AllowedEndpoints) -> None:
        self._servers, self._threads = servers, ThreadPoolExecutor(LOOKUPS, "tracking look-up")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._servers.addresses, host, port)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

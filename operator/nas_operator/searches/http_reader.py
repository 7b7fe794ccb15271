"""Reads whole HTTP answers of pods and of Prometheus, bounded in bytes and time, for `latest_metrics`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import aiohttp

from nas_operator.bounded_answer import read_up_to
from nas_operator.errors import MetricsUnreadable

TIMEOUT = aiohttp.ClientTimeout(total=3)


class HttpReader:
    """Connections for :meth:`get` and :meth:`post`, until it is closed. Made in the event loop that it is used in."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            # No proxy from the environment: pods and Prometheus are inside the cluster.
            trust_env=False,
            timeout=TIMEOUT,
            # Each search bounds what it reads at a time. A bound over all of them, by default 100 connections, would
            # let the silent pods of a few searches keep those of all others waiting.
            connector=aiohttp.TCPConnector(limit=0),
        )

    async def get(self, url: str, limit: int) -> bytes:
        """Return an answer of at most ``limit`` bytes; redirects are not followed.

        A pod must not have the operator ask somebody else.

        Raises:
            MetricsUnreadable: if there is none in time, or another one than 200.
        """
        return await self._read("GET", url, limit, redirects=False)

    async def post(self, url: str, limit: int, data: Mapping[str, str]) -> bytes:
        """Send a form; return an answer of at most ``limit`` bytes.

        Raises:
            MetricsUnreadable: if there is none in time, or another one than 200.
        """
        return await self._read("POST", url, limit, data=data)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _read(
        self, method: str, url: str, limit: int, data: Mapping[str, str] | None = None, *, redirects: bool = True
    ) -> bytes:
        try:
            async with self._session.request(method, url, data=data, allow_redirects=redirects) as answer:
                if answer.status != 200:
                    raise MetricsUnreadable(f"HTTP status {answer.status}")
                return await read_up_to(limit, answer)
        # ValueError: a URL, or an answer, that makes no sense to the library, or one that is too large.
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise MetricsUnreadable(str(error) or type(error).__name__) from error

"""Reads an HTTP answer up to a bound: of the API server (`nas_operator.kube.client`), of pods and of Prometheus."""

from __future__ import annotations

import aiohttp

CHUNK = 65_536
"""Bytes that are read at a time."""


async def read_up_to(limit: int, answer: aiohttp.ClientResponse) -> bytes:
    """Return the content of an answer.

    Raises:
        ValueError: if it has more than ``limit`` bytes; the rest is not read.
    """
    content = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > limit:
            raise ValueError(f"the answer has more than {limit:,} bytes")
    return bytes(content)

"""A proxy that does wrong what it is told to; run as a program inside the cluster's network, before a server.

Arguments: the upstream URL, the address to listen on, and the upstream's authority (or nothing). It prints its port.
Then it reads from standard input, one JSON object a line, what to do with requests from now on; `{}` is nothing:

- `share`: of the requests, from 0 to 1, that the fault meets (1);
- `methods`: that it meets (all);
- `status`: answer this instead, to S3 clients with a `code`; `late`: only after the upstream has done what was asked;
- `refuse`: close the connection; `delay`: seconds before anything is done;
- `half`: send the upstream half of the body, and close both connections;
- `cut`: end the watches that run, once; `gone`: answer watches with 410, once each; `hold`: they deliver nothing;
- `truncate`, `flip`: what is wrong with the bodies of answers to GET;
- `ahead`: seconds to put the header `Date` ahead, or back if it is negative.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding"}
"""Headers that are not passed on; without the last one answers come as they are, and can be spoilt."""
REASONS = {409: "Conflict", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


class FaultyProxy:
    """One upstream, and what goes wrong on the way to it."""

    def __init__(self, upstream: str, session: ClientSession, seed: int) -> None:
        self._upstream, self._session, self._random = upstream, session, random.Random(seed)
        self._fault: dict[str, Any] = {}
        self._watches: set[asyncio.Task[Any]] = set()
        self._flows = asyncio.Event()
        self._flows.set()

    def command(self, fault: dict[str, Any]) -> None:
        """Take a fault over."""
        self._fault = fault
        if fault.get("hold"):
            self._flows.clear()
        else:
            self._flows.set()
        if fault.get("cut") or fault.get("gone"):
            for watch in self._watches:
                watch.cancel()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Pass a request on, or do wrong; while the upstream is away the connection is closed."""
        try:
            return await self._handle(request)
        except (ClientError, OSError):
            if request.transport:
                request.transport.abort()
            return web.Response()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        fault, body = self._fault, await request.read()
        met = request.method in fault.get("methods", (request.method,)) and self._random.random() < fault.get(
            "share", 1
        )
        fault = fault if met else {}
        if delay := fault.get("delay"):
            await asyncio.sleep(delay)
        if fault.get("half"):
            async with self._send(request, _half(body)):
                raise AssertionError("the upstream has answered half a request")
        if fault.get("refuse"):
            assert request.transport
            request.transport.abort()
            return web.Response()
        if request.query.get("watch"):
            return await self._watch(request, fault)
        if "status" in fault and not fault.get("late"):
            return _denied(fault["status"], fault.get("code"))
        async with self._send(request, body) as answer:
            content, headers = await answer.read(), _kept(answer.headers)
            if "status" in fault:
                return _denied(fault["status"], fault.get("code"))
            if request.method == "GET" and content and fault.get("truncate"):
                content = content[: len(content) // 2]
            if request.method == "GET" and content and fault.get("flip"):
                place = self._random.randrange(len(content))
                content = (
                    content[:place] + bytes([content[place] ^ 1 << self._random.randrange(8)]) + content[place + 1 :]
                )
            if (ahead := self._fault.get("ahead")) and (date := headers.get("Date")):
                headers["Date"] = format_datetime(parsedate_to_datetime(date) + timedelta(seconds=ahead), usegmt=True)
            if request.method == "HEAD":
                headers["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, body=content, headers=headers)

    async def _watch(self, request: web.BaseRequest, fault: dict[str, Any]) -> web.StreamResponse:
        if fault.get("gone"):
            gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
            return web.json_response({"type": "ERROR", "object": gone})
        if "status" in fault:
            return _denied(fault["status"])
        async with self._send(request, b"") as answer:
            stream = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            await stream.prepare(request)

            async def copy() -> None:
                async for chunk in answer.content.iter_any():
                    await self._flows.wait()
                    await stream.write(chunk)

            task = asyncio.create_task(copy())
            self._watches.add(task)
            try:
                await asyncio.wait([task])
            finally:
                task.cancel()
                self._watches.discard(task)
            return stream

    def _send(self, request: web.BaseRequest, body: bytes | AsyncIterator[bytes]) -> Any:
        # With the Host that was asked for: a signature of S3 covers it.
        headers = _kept(request.headers)
        if not isinstance(body, bytes):
            headers["Content-Length"] = request.headers["Content-Length"]
        return self._session.request(
            request.method, f"{self._upstream}{request.raw_path}", data=body or None, headers=headers,
            allow_redirects=False,
        )  # fmt: skip


def _kept(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}


async def _half(body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionAbortedError("the client has gone")


def _denied(status: int, code: str | None = None) -> web.Response:
    if code:
        error = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>injected</Message></Error>"
        return web.Response(status=status, text=error, content_type="application/xml")
    told = {"kind": "Status", "status": "Failure", "code": status, "reason": REASONS[status], "message": "injected"}
    return web.json_response(told, status=status)


async def main(upstream: str, host: str, authority: str = "") -> None:
    """Serve until standard input ends."""
    context = ssl.create_default_context(cafile=authority) if authority else None
    connector = TCPConnector(ssl=context or False, limit=0)
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=None), auto_decompress=False) as session:
        proxy = FaultyProxy(upstream, session, seed=0)
        # Addresses are compared with what was signed, so nothing of the path may be rewritten.
        server = web.Server(proxy.handle)
        runner = web.ServerRunner(server)
        await runner.setup()
        site = web.TCPSite(runner, host, 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            proxy.command(json.loads(line))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

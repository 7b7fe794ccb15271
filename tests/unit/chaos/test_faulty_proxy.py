"""The proxy does the wrong that it is told to, and passes on what it is not told of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientConnectionError, ClientSession, web
from tests.chaos.faulty_proxy import FaultyProxy


@dataclass
class Upstream:
    """A server that keeps what is put, and has a watch."""

    stored: list[bytes] = field(default_factory=list)
    news: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.query.get("watch"):
            stream = web.StreamResponse()
            await stream.prepare(request)
            while True:
                await stream.write(await self.news.get())
        self.stored.append(await request.read())
        return web.Response(text="stored")


@dataclass
class Parts:
    """A client before a proxy before a server."""

    upstream: Upstream
    proxy: FaultyProxy
    client: ClientSession


@contextlib.asynccontextmanager
async def serving(what: Upstream | FaultyProxy) -> AsyncIterator[str]:
    """Serve something that handles requests, on a free port of this machine."""
    runner = web.ServerRunner(web.Server(what.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    upstream = Upstream()
    async with ClientSession() as session, serving(upstream) as behind:
        proxy = FaultyProxy(behind, session, seed=0)
        async with serving(proxy) as front, ClientSession(front) as client:
            yield Parts(upstream, proxy, client)


async def test_nothing_is_wrong_until_it_is_told_so(parts: Parts) -> None:
    async with parts.client.put("/object", data=b"content") as answer:
        assert (answer.status, await answer.text()) == (200, "stored")
    assert parts.upstream.stored == [b"content"]


async def test_a_write_is_done_though_the_answer_says_otherwise(parts: Parts) -> None:
    parts.proxy.command({"status": 500, "late": True, "methods": ["PUT"]})
    async with parts.client.put("/object", data=b"content") as answer:
        assert answer.status == 500
    assert parts.upstream.stored == [b"content"]


async def test_half_a_write_is_none(parts: Parts) -> None:
    parts.proxy.command({"half": True, "methods": ["PUT"]})
    with pytest.raises(ClientConnectionError):
        await parts.client.put("/object", data=b"content")
    assert parts.upstream.stored == []


async def test_a_client_of_s3_is_told_the_code_in_its_own_form(parts: Parts) -> None:
    parts.proxy.command({"status": 403, "code": "QuotaExceeded"})
    async with parts.client.put("/object", data=b"content") as answer:
        assert answer.status == 403 and "<Code>QuotaExceeded</Code>" in await answer.text()
    assert parts.upstream.stored == []


async def test_a_watch_that_is_held_brings_its_news_later(parts: Parts) -> None:
    async with parts.client.get("/objects?watch=1") as watch:
        parts.proxy.command({"hold": True})
        await parts.upstream.news.put(b"changed")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch.content.readany(), 0.2)
        parts.proxy.command({})
        assert await watch.content.readany() == b"changed"

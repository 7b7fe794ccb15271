from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from nas_operator.errors import MetricsUnreadable
from nas_operator.searches.http_reader import HttpReader

MANY = 101
"""One more than aiohttp opens at the same time by default."""


async def served(handler: Any) -> tuple[TestServer, str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app)
    await server.start_server()
    return server, str(server.make_url("/metrics"))


async def test_pods_that_do_not_answer_keep_no_others_waiting() -> None:
    asked, all_asked = 0, asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if asked == MANY:
            all_asked.set()
        await all_asked.wait()
        return web.Response(text="page")

    server, url = await served(answer)
    async with HttpReader() as http:
        assert await asyncio.gather(*(http.get(url, 10) for _ in range(MANY))) == [b"page"] * MANY
    await server.close()


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (lambda: web.Response(status=503), "HTTP status 503"),
        (lambda: web.Response(status=302, headers={"Location": "/"}), "HTTP status 302"),
        (lambda: web.Response(text="x" * 11), "the answer has more than 10 bytes"),
        (lambda: web.Response(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "decode"),
    ],
    ids=["unavailable", "elsewhere", "too large", "broken"],
)
async def test_what_cannot_be_read_is_one_error(response: Any, said: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        made: web.Response = response()
        return made

    server, url = await served(answer)
    async with HttpReader() as http:
        with pytest.raises(MetricsUnreadable, match=said):
            await http.get(url, 10)
    await server.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/metrics", "http://[::1/metrics", "http://:0"])
async def test_nobody_there_is_the_same_error(url: str) -> None:
    async with HttpReader() as http:
        with pytest.raises(MetricsUnreadable):
            await http.get(url, 10)

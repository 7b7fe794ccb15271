from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from nas_operator.page_server import PageServer


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_it_serves_its_page_and_no_other_until_it_is_stopped() -> None:
    port = unused_port()
    server = PageServer(port, "/page", hello)
    await server.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/page") as answer:
            assert await answer.text() == "hello"
        async with session.get(f"http://127.0.0.1:{port}/other") as answer:
            assert answer.status == 404
        await server.stop()
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{port}/page")


async def test_stopping_before_the_start_is_nothing() -> None:
    await PageServer(0, "/page", hello).stop()

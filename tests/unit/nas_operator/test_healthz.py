from __future__ import annotations

import logging

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from nas_operator.healthz import Health


async def test_a_probe_is_told_what_is_wrong_and_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    found: list[str] = []
    health = Health(lambda: found)
    app = web.Application()
    app.router.add_get("/healthz", health.answer)
    server = TestServer(app)
    await server.start_server()
    answers = []
    async with aiohttp.ClientSession() as session:
        for complaints in ([], ["watch of jobs has shown no sign of life for 320 s", "worker 3 has ended"], None, []):
            found = found if complaints is None else complaints
            async with session.get(server.make_url("/healthz")) as answer:
                answers.append((answer.status, await answer.text()))
    await server.close()
    wrong = (503, "watch of jobs has shown no sign of life for 320 s\nworker 3 has ended\n")
    assert answers == [(200, "ok\n"), wrong, wrong, (200, "ok\n")]
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR] == [
        "unhealthy: watch of jobs has shown no sign of life for 320 s; worker 3 has ended"
    ]

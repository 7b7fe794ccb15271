from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.support.recording_mlflow import RecordingMlflow, recording

from nas_operator.tracking.http import TrackingHttp
from nas_storage.allowed_endpoints import AllowedEndpoints


@pytest_asyncio.fixture
async def mlflow() -> AsyncIterator[RecordingMlflow]:
    async with recording() as server:
        yield server


class Receiver:
    """Takes CloudEvents; ``answers`` are the statuses of the next ones, then 204."""

    def __init__(self) -> None:
        self.url = ""
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            self.events.append(await request.json())
        return web.Response(status=status)

    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/events", receiver.handle)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/events"))
        yield receiver


@pytest_asyncio.fixture
async def http(mlflow: RecordingMlflow) -> AsyncIterator[TrackingHttp]:
    """Connections that may go to servers on this machine."""
    http = TrackingHttp(AllowedEndpoints.of(["127.0.0.1:*"]))
    yield http
    await http.close()

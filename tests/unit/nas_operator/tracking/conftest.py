from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.support.recording_mlflow import RecordingMlflow, recording

from nas_operator.tracking.http import TrackingHttp
from nas_storage.allowed_endpoints import AllowedEndpoints


@pytest_asyncio.fixture
async def mlflow() -> AsyncIterator[RecordingMlflow]:
    async with recording() as server:
        yield server


@pytest_asyncio.fixture
async def http(mlflow: RecordingMlflow) -> AsyncIterator[TrackingHttp]:
    """Connections that may go to the server."""
    http = TrackingHttp(AllowedEndpoints.of([mlflow.url.removeprefix("http://")]))
    yield http
    await http.close()

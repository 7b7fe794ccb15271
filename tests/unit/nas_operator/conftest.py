from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.unit.nas_operator.api_server import ApiServer, serving

from nas_operator.kube.client import Client


@pytest_asyncio.fixture
async def served() -> AsyncIterator[tuple[ApiServer, Client]]:
    """An API server and a client of it."""
    async with serving() as both:
        yield both

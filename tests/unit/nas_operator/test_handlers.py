from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import kopf
import pytest

from nas_operator.errors import ApiUnreachable
from nas_operator.handlers import register
from nas_operator.kube.crd_check import OutdatedCRD
from nas_operator.settings import Settings


class Failing:
    """A runtime that cannot start."""

    client = None

    def __init__(self, error: Exception) -> None:
        self.error = error

    def complaints(self) -> list[str]:
        return []

    async def start(self) -> None:
        raise self.error

    async def stop(self) -> None:
        pass


class Running(Failing):
    """A runtime that can; ``calls`` is what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def start(self) -> None:
        self.calls.append("start")

    async def stop(self) -> None:
        self.calls.append("stop")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OutdatedCRD("the CRD is not installed"), "the CRD is not installed"),
        (ApiUnreachable("the API server does not answer"), "does not answer"),
        (TimeoutError(), "TimeoutError"),
    ],
)
async def test_a_start_that_fails_ends_the_process(error: Exception, said: str) -> None:
    with pytest.raises(kopf.PermanentError, match=f"the operator cannot start: .*{said}"):
        await start(Failing(error), Settings())


async def test_a_port_that_is_taken_ends_the_process_and_what_runs_already() -> None:
    runtime = Running()
    said = r"the operator cannot start: .*address already in use"
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(kopf.PermanentError, match=said):
        await start(runtime, Settings(health_port=taken.getsockname()[1]))
    assert runtime.calls == ["start", "stop"]


async def start(runtime: Any, given: Settings) -> None:
    """Start as Kopf does."""
    registry = kopf.OperatorRegistry()
    register(registry, given, runtime)
    handler: Any = next(handler.fn for handler in registry._activities._handlers if handler.id.endswith("start"))
    settings: Any = SimpleNamespace(
        **{name: SimpleNamespace() for name in ("posting", "scanning", "peering", "networking", "watching")}
    )
    await handler(settings=settings)

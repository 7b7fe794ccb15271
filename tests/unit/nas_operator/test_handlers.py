from __future__ import annotations

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

    def __init__(self, error: Exception) -> None:
        self.error = error

    def complaints(self) -> list[str]:
        return []

    async def start(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OutdatedCRD("the CRD is not installed"), "the CRD is not installed"),
        (ApiUnreachable("the API server does not answer"), "does not answer"),
        (TimeoutError(), "TimeoutError"),
    ],
)
async def test_a_start_that_fails_ends_the_process(error: Exception, said: str) -> None:
    registry, runtime = kopf.OperatorRegistry(), Failing(error)
    register(registry, Settings(), runtime)  # type: ignore[arg-type]
    start: Any = next(handler.fn for handler in registry._activities._handlers if handler.id.endswith("start"))
    settings: Any = SimpleNamespace(
        **{name: SimpleNamespace() for name in ("posting", "scanning", "peering", "networking", "watching")}
    )
    with pytest.raises(kopf.PermanentError, match=f"the operator cannot start: .*{said}"):
        await start(settings=settings)

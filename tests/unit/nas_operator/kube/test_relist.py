from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from nas_operator.errors import ApiUnreachable
from nas_operator.kube import relist
from nas_operator.kube.client import SEARCHES
from nas_operator.kube.relist import Relist


class Cluster:
    """A client whose first list fails, and a store that takes lists in."""

    def __init__(self) -> None:
        self.lists: list[str] = []
        self.taken: list[tuple[str | None, int]] = []
        self.enough = asyncio.Event()

    async def list_all(self, url: str) -> tuple[list[Any], str]:
        self.lists.append(url)
        if len(self.lists) == 1:
            raise ApiUnreachable("away")
        return [], "7"

    def replace(self, items: list[Any], version: int, namespace: str | None) -> None:
        self.taken.append((namespace, version))
        if len(self.taken) == 2:
            self.enough.set()


async def test_a_list_that_fails_is_followed_by_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relist, "INTERVAL_S", 0)
    cluster = Cluster()
    lists = Relist(cluster, SEARCHES, ["a", "b"], cluster)  # type: ignore[arg-type]
    begun = lists.fresh_at
    task = asyncio.create_task(lists.run())
    async with asyncio.timeout(10):
        await cluster.enough.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert cluster.taken == [("a", 7), ("b", 7)]
    assert lists.fresh_at >= begun
    assert [url.split("/")[-2] for url in cluster.lists[:3]] == ["a", "a", "b"]

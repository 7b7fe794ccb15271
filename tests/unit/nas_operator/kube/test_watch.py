from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from tests.support.factories import raw_trial
from tests.unit.nas_operator.api_server import ApiServer, denial

from nas_operator.kube import watch as watch_module
from nas_operator.kube.client import TRIALS, Client, path
from nas_operator.kube.watch import Watch

URL = path(TRIALS, "ns")
Script = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


class Sink:
    """Takes down what a watch says."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.changed = asyncio.Event()

    def _note(self, *what: Any) -> None:
        self.heard.append(what)
        self.changed.set()

    def put(self, raw: Mapping[str, Any]) -> None:
        self._note("put", raw["metadata"]["name"])

    def remove(self, raw: Mapping[str, Any]) -> None:
        self._note("remove", raw["metadata"]["name"])

    def replace(self, items: list[dict[str, Any]], version: int, namespace: str | None) -> None:
        self._note("replace", len(items), version, namespace)

    async def until(self, count: int) -> list[tuple[Any, ...]]:
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self.changed.clear()
                await self.changed.wait()
        return self.heard


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_operator.kube.watch.random.uniform", lambda low, high: 0.01)


@asynccontextmanager
async def following(client: Client, sink: Sink, ticks: list[float] | None = None) -> AsyncIterator[Watch]:
    clock = (lambda: ticks[0]) if ticks else asyncio.get_running_loop().time
    watch = Watch(client, TRIALS, "ns", sink, clock=clock)
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def saying(*events: tuple[str, int, int]) -> Script:
    """A watch that says these events (type, index, version), then ends."""

    async def script(request: web.Request, response: web.StreamResponse) -> None:
        for kind, index, version in events:
            raw = raw_trial(index, resourceVersion=str(version))
            await response.write(json.dumps({"type": kind, "object": raw}).encode() + b"\n")

    return script


async def test_it_lists_and_then_follows(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.add(URL, raw_trial(0))
    api.watches.append(saying(("ADDED", 1, 101), ("MODIFIED", 1, 102), ("DELETED", 0, 103)))
    async with following(client, sink := Sink()) as watch:
        heard = await sink.until(4)
    assert watch.synced.is_set()
    assert heard == [("replace", 1, 100, "ns"), ("put", "s-00001"), ("put", "s-00001"), ("remove", "s-00000")]


async def test_it_goes_on_from_where_a_stream_ended_bookmarks_included(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.watches += [saying(("ADDED", 1, 101), ("BOOKMARK", 0, 170)), saying(("ADDED", 2, 171))]
    async with following(client, sink := Sink()):
        heard = await sink.until(3)
    assert heard == [("replace", 0, 100, "ns"), ("put", "s-00001"), ("put", "s-00002")]
    assert api.watched_from[:2] == ["100", "170"]


@pytest.mark.parametrize("within", [True, False], ids=["an event", "the answer"])
async def test_a_version_that_is_too_old_means_to_list_again(served: tuple[ApiServer, Client], within: bool) -> None:
    api, client = served

    async def gone(request: web.Request, response: web.StreamResponse) -> None:
        await response.write(b'{"type":"ERROR","object":{"code":410}}\n')

    api.watches += [gone if within else lambda request, response: denial(410, "Expired"), saying(("ADDED", 1, 101))]
    async with following(client, sink := Sink()):
        heard = await sink.until(3)
    assert heard == [("replace", 0, 100, "ns"), ("replace", 0, 100, "ns"), ("put", "s-00001")]


@pytest.mark.parametrize("fault", ["an error", "a cut line", "a cut connection", "silence"])
async def test_it_comes_back_after_a_fault_without_a_new_list(
    served: tuple[ApiServer, Client], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, client = served
    monkeypatch.setattr(watch_module, "SILENCE_S", 0.1)

    async def broken(request: web.Request, response: web.StreamResponse) -> None:
        if fault == "a cut line":
            await response.write(b'{"type":"AD\n')
        elif fault == "a cut connection":
            assert request.transport
            request.transport.abort()
        elif fault == "silence":
            await asyncio.Event().wait()

    script: Any = (lambda request, response: denial(500, "InternalError")) if fault == "an error" else broken
    api.watches += [script, saying(("ADDED", 1, 101))]
    async with following(client, sink := Sink()):
        heard = await sink.until(2)
    assert heard == [("replace", 0, 100, "ns"), ("put", "s-00001")] and api.watched_from[:2] == ["100", "100"]


async def test_a_list_that_fails_is_tried_again(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.faults["GET", "/nastrials"] = (500, "etcd")
    async with following(client, sink := Sink()) as watch:
        await api.until(3)
        assert not watch.synced.is_set()
        api.faults.clear()
        assert await sink.until(1) == [("replace", 0, 100, "ns")]


async def test_every_sign_of_life_is_noted(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    ticks = [1.0]
    go = asyncio.Event()

    async def later(request: web.Request, response: web.StreamResponse) -> None:
        await go.wait()
        await saying(("BOOKMARK", 0, 150), ("ADDED", 1, 151))(request, response)

    api.watches.append(later)
    async with following(client, sink := Sink(), ticks) as watch:
        await sink.until(1)
        ticks[0] = 9.0
        assert watch.fresh_at == 1.0
        go.set()
        await sink.until(2)
        assert watch.fresh_at == 9.0


@pytest.mark.parametrize("how", ["too old", "ended"])
async def test_streams_that_end_at_once_are_opened_with_a_growing_pause(
    served: tuple[ApiServer, Client], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, client = served
    pauses: list[int] = []
    paused = asyncio.Event()

    async def pause(_: Watch, fault: str, failures: int) -> None:
        pauses.append(failures)
        paused.set()
        await asyncio.sleep(0 if failures < 4 else 3600)

    monkeypatch.setattr(Watch, "_pause", pause)
    api.watches += [saying() if how == "ended" else lambda *_: denial(410, "Expired")] * 10
    async with following(client, Sink()), asyncio.timeout(5):
        while len(pauses) < 3:
            paused.clear()
            await paused.wait()
    assert pauses[:3] == [2, 3, 4] and len(api.watched_from) == 4

from __future__ import annotations

import asyncio
import threading

import pytest

from nas_operator.storage import lanes
from nas_operator.storage.lanes import Lanes


async def test_it_returns_and_raises_what_the_call_does() -> None:
    def fails() -> None:
        raise KeyError("k")

    runs = Lanes()
    assert await runs.run("s", lambda: 1, 30.0) == 1
    with pytest.raises(KeyError):
        await runs.run("s", fails, 30.0)


async def test_calls_that_hang_hold_up_their_own_search_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "WAITING_S", 0.05)
    runs, end = Lanes(2), threading.Event()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await runs.run("bad", end.wait, 0.01)
    with pytest.raises(TimeoutError):
        await runs.run("bad", lambda: 1, 30.0)
    assert await runs.run("good", lambda: 2, 30.0) == 2
    end.set()
    monkeypatch.setattr(lanes, "WAITING_S", 30.0)
    assert await runs.run("bad", lambda: 3, 30.0) == 3, "a lane is free again when its call comes back"


async def test_one_that_is_given_up_keeps_its_lane_until_it_comes_back() -> None:
    runs, end = Lanes(1), threading.Event()
    call = asyncio.create_task(runs.run("s", end.wait, 30.0))
    await asyncio.sleep(0)
    call.cancel()
    waiting = asyncio.create_task(runs.run("s", lambda: 1, 30.0))
    await asyncio.sleep(0)
    assert not waiting.done()
    end.set()
    assert await waiting == 1


async def test_a_search_that_is_gone_is_forgotten() -> None:
    runs = Lanes()
    await runs.run("s", lambda: 1, 30.0)
    runs.forget("s")
    assert not runs._free

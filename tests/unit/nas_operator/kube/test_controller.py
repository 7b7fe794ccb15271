from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from nas_operator.errors import ApiUnreachable, Conflict
from nas_operator.kube.controller import Controller
from nas_operator.kube.store import SearchKey
from nas_operator.kube.work_queue import WorkQueue

ERRORS = {"conflict": Conflict("changed"), "error": ApiUnreachable("away"), "bug": OverflowError("too large")}


class Bench:
    """A controller whose objects raise what they are named after."""

    def __init__(self) -> None:
        self.queue: WorkQueue[SearchKey] = WorkQueue(backoff_base=0.001, backoff_limit=0.001)
        self.looks: list[str] = []
        self.outcomes: list[str] = []
        self.again: dict[str, float] = {}
        self.controller = Controller("search", self.queue, self.reconcile, lambda outcome, _: self.noted(outcome))
        self.enough, self.wanted = asyncio.Event(), 1

    async def reconcile(self, key: SearchKey) -> float | None:
        self.looks.append(key[1])
        if key[1] in ERRORS and self.looks.count(key[1]) == 1:
            raise ERRORS[key[1]]
        return self.again.pop(key[1], None)

    def noted(self, outcome: str) -> None:
        self.outcomes.append(outcome)
        if len(self.outcomes) == self.wanted:
            self.enough.set()

    async def run(self, *names: str, looks: int) -> None:
        """Add objects and work until there were so many looks."""
        self.wanted = looks
        for name in names:
            self.queue.add(("ns", name))
        task = asyncio.create_task(self.controller.work())
        async with asyncio.timeout(10):
            await self.enough.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("outcome", ERRORS)
async def test_what_one_object_raises_is_tried_again_and_stops_no_other(outcome: str) -> None:
    bench = Bench()
    await bench.run(outcome, "good", looks=3)
    assert bench.looks == [outcome, "good", outcome]
    assert bench.outcomes == [outcome, "ok", "ok"]


async def test_an_object_may_ask_for_its_next_look() -> None:
    bench = Bench()
    bench.again["good"] = 0.001
    await bench.run("good", looks=2)
    assert bench.looks == ["good", "good"]


async def test_the_log_says_what_failed_and_when_it_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    await Bench().run("error", "bug", looks=2)
    assert "search ns/error: away; looking again in 0.0 s" in caplog.text
    assert "search ns/bug: unexpected error" in caplog.text and "OverflowError: too large" in caplog.text

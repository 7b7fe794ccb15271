from __future__ import annotations

import asyncio
import logging

import pytest

from nas_operator.operator_metrics import TASK_RESTARTS
from nas_operator.supervise import STALE_S, Supervisor


class Loop:
    """A loop that ends as it is told to, then lives on."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends, self.runs = list(ends), 0
        self.lives = asyncio.Event()

    async def __call__(self) -> None:
        self.runs += 1
        if self.ends:
            if end := self.ends.pop(0):
                raise end
            return
        self.lives.set()
        await asyncio.Event().wait()


class Time:
    """A clock, and delays that pass at once."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()
        self._passed = asyncio.Condition()

    async def sleep(self, seconds: float) -> None:
        async with self._passed:
            self.slept.append(seconds)
            self._passed.notify_all()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(1), self._passed:
            await self._passed.wait_for(lambda: len(self.slept) >= count)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def supervisor(time: Time) -> Supervisor:
    return Supervisor(lambda: time.now, time.sleep)


@pytest.mark.parametrize("end", [OverflowError("too large"), asyncio.CancelledError(), None])
async def test_a_loop_goes_on_whatever_ends_it(
    supervisor: Supervisor, time: Time, end: BaseException | None, caplog: pytest.LogCaptureFixture
) -> None:
    before = TASK_RESTARTS.labels(task="space loop")._value.get()
    loop = Loop(end, end, end)
    supervisor.start("space loop", loop)
    await asyncio.wait_for(loop.lives.wait(), 1)
    assert loop.runs == 4 and time.slept == [0.2, 0.4, 0.8] and supervisor.complaints() == []
    assert TASK_RESTARTS.labels(task="space loop")._value.get() == before + 3
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 3 and all("space loop" in record.getMessage() for record in told)
    assert end is None or all(record.exc_info for record in told), "the traceback is what a bug report needs"
    await supervisor.stop()


async def test_loops_end_when_they_are_stopped(supervisor: Supervisor, time: Time) -> None:
    loop = Loop()
    supervisor.start("loop", loop)
    await asyncio.wait_for(loop.lives.wait(), 1)
    await supervisor.stop()
    assert loop.runs == 1 and time.slept == []
    assert supervisor.complaints() == ["loop has ended"]


async def test_a_loop_without_a_sign_of_life_is_named(supervisor: Supervisor, time: Time) -> None:
    supervisor.start("watch of jobs", Loop(), lambda: 0.0)
    supervisor.start("watch of pods", Loop(), lambda: time.now - 1)
    supervisor.start("worker 0", Loop())
    time.now = STALE_S - 1
    assert supervisor.complaints() == []
    time.now = STALE_S + 20
    assert supervisor.complaints() == ["watch of jobs has shown no sign of life for 320 s"]
    await supervisor.stop()


async def test_a_loop_that_fails_again_and_again_is_named_until_it_is_mended(
    supervisor: Supervisor, time: Time
) -> None:
    tries = asyncio.Queue[float]()

    async def work() -> None:
        time.now = await tries.get()
        raise ValueError

    supervisor.start("worker 0", work)
    for moment in range(0, 330, 30):
        tries.put_nowait(float(moment))
    await time.until(11)
    assert supervisor.complaints() == ["worker 0 has been failing for 300 s"]
    assert max(time.slept) == 30.0
    time.now = 400.0
    assert supervisor.complaints() == []
    tries.put_nowait(400.0)
    await time.until(12)
    assert time.slept[-1] == 0.2, "a failure long after the last one is a first one"
    await supervisor.stop()

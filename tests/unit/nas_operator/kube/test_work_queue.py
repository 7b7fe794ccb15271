from __future__ import annotations

import asyncio

import pytest

from nas_operator.kube.work_queue import WorkQueue


@pytest.fixture
def queue() -> WorkQueue[str]:
    return WorkQueue(backoff_base=0.01, backoff_limit=0.03)


async def taken(queue: WorkQueue[str]) -> str:
    return await asyncio.wait_for(queue.take(), 1)


def idle(queue: WorkQueue[str]) -> bool:
    return len(queue) == 0


async def test_a_key_waits_only_once_and_in_order(queue: WorkQueue[str]) -> None:
    for key in "abab":
        queue.add(key)
    assert len(queue) == 2 and [await taken(queue), await taken(queue)] == ["a", "b"] and idle(queue)


async def test_a_key_that_is_added_while_worked_on_comes_again_afterwards(queue: WorkQueue[str]) -> None:
    queue.add("a")
    await taken(queue)
    queue.add("a")
    queue.add("a")
    assert idle(queue), "never two looks at one search at a time"
    queue.done("a")
    assert await taken(queue) == "a"
    queue.done("a")
    assert idle(queue)


async def test_of_several_delays_the_earliest_holds(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 3600)
    queue.add_after("a", 0.01)
    queue.add_after("a", 1800)
    assert await taken(queue) == "a"
    queue.done("a")
    assert idle(queue)


async def test_failures_wait_longer_and_longer_until_a_success(queue: WorkQueue[str]) -> None:
    delays = []
    for _ in range(4):
        delays.append(queue.failed("a"))
        await taken(queue)
        queue.done("a")
    assert delays == [0.01, 0.02, 0.03, 0.03]
    queue.succeeded("a")
    assert queue.failed("a") == 0.01

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


async def test_a_backoff_does_not_end_with_any_number_of_failures(queue: WorkQueue[str]) -> None:
    queue._failures["a"] = 2000
    assert queue.failed("a") == 0.03


async def test_nothing_cuts_the_backoff_of_a_failed_key_short() -> None:
    queue = WorkQueue[str](backoff_base=3600, backoff_limit=3600)
    queue.add("a")
    await taken(queue)
    queue.add_after("a", 0)
    queue.add("a")
    queue.failed("a")
    queue.done("a")
    queue.add("a")
    queue.add_after("a", 0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert idle(queue)


async def test_a_failed_key_comes_back_once_after_its_backoff_and_is_as_any_other_then(queue: WorkQueue[str]) -> None:
    queue.add("a")
    await taken(queue)
    queue.failed("a")
    queue.done("a")
    queue.add("a")
    assert idle(queue) and await taken(queue) == "a"
    queue.succeeded("a")
    queue.add("a")
    queue.done("a")
    assert await taken(queue) == "a"


async def test_what_has_changed_is_looked_at_at_once_although_it_has_failed() -> None:
    queue = WorkQueue[str](backoff_base=3600, backoff_limit=3600)
    queue.failed("a")
    queue.renew("a")
    assert await taken(queue) == "a"
    queue.done("a")
    assert idle(queue)


async def test_what_changes_while_a_look_fails_is_looked_at_at_once() -> None:
    queue = WorkQueue[str](backoff_base=3600, backoff_limit=3600)
    queue.add("a")
    await taken(queue)
    queue.renew("a")
    queue.failed("a")
    queue.done("a")
    assert await taken(queue) == "a"
    assert queue.failed("a") == 3600

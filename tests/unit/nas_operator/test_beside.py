from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.support.factories import raw_search

from nas_core.records.search import read_search
from nas_operator.beside import Beside
from nas_operator.kube.store import SearchKey


class Bench:
    """Work that ends when a test says so."""

    def __init__(self, patience_s: float = 0.01) -> None:
        self.woken: asyncio.Queue[SearchKey] = asyncio.Queue()
        self.beside: Beside[str] = Beside(self.woken.put_nowait, patience_s)
        self.begun, self.end = 0, asyncio.Event()

    async def ask(self, generation: int = 1, answer: Any = "answer") -> str | None:
        async def work() -> str:
            self.begun += 1
            await self.end.wait()
            if isinstance(answer, Exception):
                raise answer
            return str(answer)

        return await self.beside.ask(read_search(raw_search(meta={"generation": generation})), work)


async def test_an_answer_that_comes_at_once_is_given_at_once() -> None:
    bench = Bench(patience_s=30.0)
    bench.end.set()
    assert await bench.ask() == "answer" and await bench.ask() == "answer"
    assert bench.begun == 2 and bench.woken.empty()


async def test_a_late_answer_is_taken_by_the_look_that_it_wakes() -> None:
    bench = Bench()
    assert await bench.ask() is None and await bench.ask() is None
    bench.end.set()
    assert await bench.woken.get() == ("ns", "s")
    assert await bench.ask() == "answer" and bench.begun == 1


async def test_nobody_waits_for_one_that_was_slow_until_it_is_fast_again() -> None:
    bench = Bench()
    assert await bench.ask() is None
    bench.end.set()
    assert await bench.woken.get() == ("ns", "s")
    await bench.ask()
    bench.beside._patience = 30.0
    assert await bench.ask() is None, "it was slow, so no look waits"
    assert await bench.woken.get() == ("ns", "s")
    assert await bench.ask() == "answer"
    assert await bench.ask() == "answer", "waited for again"


async def test_what_it_raises_is_raised_in_the_look_that_takes_it() -> None:
    bench = Bench()
    assert await bench.ask(answer=ValueError("odd")) is None
    bench.end.set()
    assert await bench.woken.get() == ("ns", "s")
    with pytest.raises(ValueError, match="odd"):
        await bench.ask()


async def test_an_answer_for_an_earlier_spec_is_dropped() -> None:
    bench = Bench()
    assert await bench.ask(answer="old") is None
    assert await bench.ask(generation=2, answer="new") is None
    bench.end.set()
    assert await bench.woken.get() == ("ns", "s")
    assert await bench.ask(generation=2) == "new" and bench.begun == 2 and bench.woken.empty()


async def test_of_a_search_that_is_gone_nothing_is_kept() -> None:
    bench = Bench()
    assert await bench.ask() is None
    bench.beside.forget("uid-s")
    await asyncio.sleep(0)
    assert bench.woken.empty() and not bench.beside._runs and not bench.beside._slow
    assert await bench.ask() is None
    await bench.beside.stop()
    assert not bench.beside._runs

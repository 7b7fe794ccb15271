"""The reader of a knowledge base: once a search, bounded, and not led astray by what others have put there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import START
from tests.unit.nas_plan.knowledge.test_nearest import asking, entry

from nas_core.api.search_status import NASSearchStatus
from nas_core.reasons import StorageReason
from nas_core.records.objects import ReadableSearch
from nas_operator.kube.store import SearchKey
from nas_operator.searches import knowledge
from nas_operator.searches.knowledge import KnowledgeReader
from nas_storage.faults import ObjectTooLarge, StorageFault

PREFIX = "ns/knowledge_base/"


class Stored:
    """The objects of a bucket."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = {f"{PREFIX}{name}.json": content for name, content in objects.items()}
        self.asked: list[str] = []
        self.away: StorageFault | None = None
        self.answers = asyncio.Event()
        self.answers.set()

    async def first_keys(self, prefix: str) -> list[str]:
        await self.answers.wait()
        if self.away:
            raise self.away
        self.asked.append(prefix)
        return sorted(self.objects)

    async def get(self, key: str, limit: int) -> bytes | None:
        self.asked.append(key)
        content = self.objects[key]
        if len(content) > limit:
            raise ObjectTooLarge(key, limit)
        return content or None


def reader(stored: Stored, ready: Callable[[SearchKey], None] = lambda _: None) -> KnowledgeReader:
    async def objects_of(*_: Any) -> Any:
        return stored

    return KnowledgeReader(objects_of, ready)


def names(search: ReadableSearch) -> list[str]:
    return [one.source for one in search.earlier]


async def test_what_is_no_entry_is_passed_over() -> None:
    stored = Stored(a=b"{}", b=b"x" * (1 << 20), c=b"", d=entry("good"), e=b"[" * 100_000)
    found = await reader(stored).add(asking(), ())
    assert names(found) == ["good"] and found.knowledge_read


async def test_it_is_read_once_until_the_search_has_begun() -> None:
    stored = Stored(a=entry("a"))
    read, search = reader(stored), asking()
    for _ in range(3):
        assert names(await read.add(search, ())) == ["a"]
    assert stored.asked == [PREFIX, f"{PREFIX}a.json"]
    assert names(await read.add(replace(search, asked="a corrected spec"), ())) == ["a"]
    assert len(stored.asked) == 4
    begun = replace(search, status=NASSearchStatus(first_trial_time=START))
    assert await read.add(begun, ()) == begun and not read._known


async def test_an_empty_base_is_an_answer_too() -> None:
    found = await reader(Stored()).add(asking(), ())
    assert found.knowledge_read and not found.earlier


async def test_while_it_is_slow_no_look_waits() -> None:
    stored, woken = Stored(a=entry("a")), asyncio.Event()
    stored.answers.clear()
    read, search = reader(stored, lambda _: woken.set()), asking()
    read._reading._patience = 0.01
    assert not (await read.add(search, ())).knowledge_read
    stored.answers.set()
    await asyncio.wait_for(woken.wait(), 5)
    assert names(await read.add(search, ())) == ["a"]
    await read.stop()


async def test_a_storage_that_is_away_is_told_and_tried_again() -> None:
    stored = Stored(a=entry("a"))
    stored.away = StorageFault(StorageReason.STORAGE_UNREACHABLE, "away")
    read, search = reader(stored), asking()
    with pytest.raises(StorageFault):
        await read.add(search, ())
    stored.away = None
    assert names(await read.add(search, ())) == ["a"]
    read.forget(search.meta.uid)


async def test_one_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "READING_S", -1.0)
    found = await reader(Stored(a=entry("a"))).add(asking(), ())
    assert found.knowledge_read and not found.earlier

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
from nas_core.reasons import SearchReason, StorageReason
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
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
        content = self.objects.get(key, b"")
        if len(content) > limit:
            raise ObjectTooLarge(key, limit)
        return content or None


def reader(stored: Stored, ready: Callable[[SearchKey], None] = lambda _: None) -> KnowledgeReader:
    async def objects_of(*_: Any) -> Any:
        return stored

    return KnowledgeReader(objects_of, ready)


def names(search: SearchView) -> list[str]:
    assert isinstance(search, ReadableSearch)
    return [one.source for one in search.earlier]


async def test_what_is_no_entry_is_passed_over() -> None:
    stored = Stored(a=b"{}", b=b"x" * (1 << 20), c=b"", d=entry("good"), e=b"[" * 100_000)
    found = await reader(stored).add(asking(), ())
    assert names(found) == ["good"] and isinstance(found, ReadableSearch) and found.knowledge_read


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
    assert isinstance(found, ReadableSearch) and found.knowledge_read and not found.earlier


async def test_while_it_is_slow_no_look_waits() -> None:
    stored, woken = Stored(a=entry("a")), asyncio.Event()
    stored.answers.clear()
    read, search = reader(stored, lambda _: woken.set()), asking()
    read._reading._patience = 0.01
    assert await read.add(search, ()) == search
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
    assert isinstance(found, ReadableSearch) and found.knowledge_read and not found.earlier


def naming(*names: str, **more: Any) -> ReadableSearch:
    return asking(warmStart={"imported": list(names), **more})


async def test_imported_results_are_asked_for_by_name_and_come_first() -> None:
    stored = Stored(**{"imported/mine": entry("mine"), "imported/other": entry("other"), "0-a": entry("a")})
    found = await reader(stored).add(naming("mine"), ())
    assert isinstance(found, ReadableSearch) and names(found) == ["mine"] and found.knowledge_read
    assert stored.asked == [f"{PREFIX}imported/mine.json"], "nothing is listed"
    both = await reader(stored).add(naming("mine", knowledge={"nearest": 3}), ())
    assert isinstance(both, ReadableSearch) and names(both) == ["mine", "a"]


async def test_imported_results_that_are_not_there_are_looked_for_again() -> None:
    stored = Stored()
    read, search = reader(stored), naming("mine")
    for _ in range(2):
        missing = await read.add(search, ())
        assert isinstance(missing, UnreadableSearch) and missing.reason == SearchReason.EARLIER_RESULTS_NOT_FOUND
    stored.objects[f"{PREFIX}imported/mine.json"] = b"x" * (1 << 20)
    unusable = await read.add(search, ())
    assert isinstance(unusable, UnreadableSearch) and unusable.reason == SearchReason.EARLIER_RESULTS_UNUSABLE
    stored.objects[f"{PREFIX}imported/mine.json"] = entry("mine")
    found = await read.add(search, ())
    assert isinstance(found, ReadableSearch) and names(found) == ["mine"]

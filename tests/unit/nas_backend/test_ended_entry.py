"""The entry of a search that ends: put, left out, or not possible; the end comes in any case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import START
from tests.unit.nas_plan.test_earlier import first, trained

from nas_backend import ended_entry
from nas_backend.ended_entry import put_entry
from nas_core.reasons import StorageReason
from nas_core.records.knowledge import read_entry
from nas_core.records.search import ReadableSearch
from nas_plan.actions import EventDraft
from nas_storage.faults import StorageFault

Put = dict[str, bytes]


def ended(**storage: Any) -> ReadableSearch:
    return first(storage={"bucket": "nas", "prefix": "team", "secretRef": {"name": "s"}, **storage})


async def put(
    search: ReadableSearch, count: int = 9, away: StorageFault | None = None
) -> tuple[Put, EventDraft | None]:
    done: Put = {}

    async def one(key: str, content: bytes) -> None:
        if away:
            raise away
        done[key] = content

    return done, await put_entry(search, trained(count), one, START)


async def test_it_lies_below_the_namespace_and_a_later_end_replaces_it() -> None:
    done, event = await put(ended())
    [(key, content)] = done.items()
    assert key.startswith("team/ns/knowledge_base/") and key.endswith("-first-uid-first.json") and event is None
    assert len(read_entry(content).results) == 9
    again, _ = await put(replace(ended(), generation=2), 12)
    assert list(again) == [key] and len(read_entry(again[key]).results) > 9


async def test_who_opts_out_or_has_found_nothing_leaves_none() -> None:
    assert await put(ended(knowledge=False)) == ({}, None)
    assert await put(ended(), 2) == ({}, None)


async def test_what_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _, event = await put(ended(), away=StorageFault(StorageReason.STORAGE_ERROR, "full"))
    assert event and event.reason == "KnowledgeNotWritten" and "full" in event.message

    def fails(*_: object) -> bytes:
        raise RuntimeError("odd")

    monkeypatch.setattr(ended_entry, "entry_of", fails)
    _, event = await put(ended())
    assert event and "RuntimeError: odd" in event.message

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import raw_trial, search

from nas_core.api.search_status import LedgerStatus
from nas_core.api.storage import Storage
from nas_core.reasons import StorageReason
from nas_core.records.ledger import Segment, write_segment
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_operator.errors import LedgerNotRead, LedgerUnreadable
from nas_operator.storage.ledgers import Ledgers
from nas_storage.faults import StorageFault

NOTHING: frozenset[str] = frozenset()


class Bench:
    """A bucket in memory, and ledgers over it."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.fault: StorageFault | None = None
        self.held = asyncio.Event()
        self.held.set()
        self.woken = asyncio.Event()
        self.search = search(storage={"bucket": "nas"})
        self.restart()

    def restart(self) -> None:
        self.ledgers = Ledgers(self.objects, lambda _: self.woken.set())

    async def objects(self, search: SearchView, storage: Storage) -> Any:
        await self.held.wait()
        if self.fault:
            raise self.fault
        return self

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        self.stored[key] = content

    async def get(self, key: str, limit: int) -> bytes | None:
        return self.stored.get(key)

    def named(self, ledger: LedgerStatus | None) -> ReadableSearch:
        """Return the search once its status names a ledger."""
        return replace(self.search, status=self.search.status.model_copy(update={"ledger": ledger}))

    def segment(self, *indices: int, before: LedgerStatus | None = None) -> Segment:
        ended = {"sequence": 1, "conditions": []}
        return write_segment(self.search, before, [TrialView.of(raw_trial(index, ended)) for index in indices])

    async def write(self, segment: Segment) -> None:
        assert await self.ledgers.read(self.named(segment.before))
        self.ledgers.put(self.named(segment.before), segment)
        kept = await self.ledgers.kept(self.named(segment.before), NOTHING)
        assert kept and kept.written == segment.after
        assert await self.ledgers.read(self.named(segment.after))


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_a_segment_is_of_the_ledger_once_the_status_names_it(bench: Bench) -> None:
    first = bench.segment(0, 1)
    assert await bench.ledgers.read(bench.search) and bench.ledgers.trials(bench.search) == {}
    bench.ledgers.put(bench.search, first)
    kept = await bench.ledgers.kept(bench.search, frozenset({"s-00000"}))
    assert kept and kept.written == first.after and kept.writing == {"s-00000", "s-00001"} and not kept.recorded
    assert first.key("ns/s/uid-s") in bench.stored
    named = bench.named(first.after)
    assert await bench.ledgers.read(named) and set(bench.ledgers.trials(named)) == {"s-00000", "s-00001"}
    kept = await bench.ledgers.kept(named, frozenset({"s-00000"}))
    assert kept and kept.recorded == {"s-00000", "s-00001"} and kept.objects == {"s-00000"} and kept.written is None


async def test_a_look_that_ends_a_search_has_the_trials_of_the_ledger_that_it_is_about_to_name(bench: Bench) -> None:
    first = bench.segment(0, 1)
    await bench.write(first)
    second = bench.segment(2, before=first.after)
    bench.ledgers.put(bench.named(first.after), second)
    with pytest.raises(LedgerNotRead):
        bench.ledgers.trials(bench.named(second.after))  # it is not in the bucket yet
    await bench.ledgers.kept(bench.named(first.after), NOTHING)
    assert set(bench.ledgers.trials(bench.named(second.after))) == {"s-00000", "s-00001", "s-00002"}
    assert set(bench.ledgers.trials(bench.named(first.after))) == {"s-00000", "s-00001"}, "until the status names it"


async def test_after_a_restart_all_is_read_again(bench: Bench) -> None:
    first = bench.segment(0, 1)
    await bench.write(first)
    second = bench.segment(2, before=first.after)
    await bench.write(second)
    bench.restart()
    named = bench.named(second.after)
    with pytest.raises(LedgerNotRead):
        bench.ledgers.trials(named)
    assert await bench.ledgers.read(named)
    assert list(bench.ledgers.trials(named)) == ["s-00000", "s-00001", "s-00002"]


async def test_a_segment_that_was_put_before_a_kill_is_nobodys(bench: Bench) -> None:
    bench.ledgers.put(bench.search, bench.segment(0, 1))
    await bench.ledgers.read(bench.search)
    bench.restart()
    assert await bench.ledgers.read(bench.search)
    await bench.write(bench.segment(0, 1, 2))
    assert len(bench.ledgers.trials(bench.named(bench.segment(0, 1, 2).after))) == 3


async def test_a_ledger_that_is_missing_or_away_is_told(bench: Bench) -> None:
    first = bench.segment(0)
    await bench.write(first)
    bench.restart()
    content = bench.stored.pop(first.key("ns/s/uid-s"))
    with pytest.raises(LedgerUnreadable, match=r"s3://nas/ns/s/uid-s/ledger/000001-.*segment 1 of 1 is missing"):
        await bench.ledgers.read(bench.named(first.after))
    bench.fault = StorageFault(StorageReason.STORAGE_UNREACHABLE, "it is away")
    with pytest.raises(LedgerUnreadable, match="it is away"):
        await bench.ledgers.read(bench.named(first.after))
    bench.fault, bench.stored[first.key("ns/s/uid-s")] = None, content
    assert await bench.ledgers.read(bench.named(first.after)), "it is tried again"


async def test_a_search_without_a_storage_any_more_is_told(bench: Bench) -> None:
    bench.search = search()
    with pytest.raises(LedgerUnreadable, match=r"restore spec\.storage"):
        await bench.ledgers.read(bench.named(bench.segment(0).after))
    assert await bench.ledgers.kept(bench.search, NOTHING) is None


async def test_a_storage_that_takes_nothing_is_tried_with_the_next_plan(bench: Bench) -> None:
    first = bench.segment(0)
    await bench.ledgers.read(bench.search)
    bench.ledgers.put(bench.search, first)
    bench.fault = StorageFault(StorageReason.STORAGE_UNREACHABLE, "it is away")
    with pytest.raises(StorageFault):
        await bench.ledgers.kept(bench.search, NOTHING)
    bench.fault = None
    kept = await bench.ledgers.kept(bench.search, NOTHING)
    assert kept and not kept.writing, "nothing is on its way"
    await bench.write(first)


async def test_a_storage_that_gives_something_else_again_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lossy(key: str, content: bytes, content_type: str) -> None:
        bench.stored[key] = content[:-1]

    monkeypatch.setattr(bench, "put", lossy)
    await bench.ledgers.read(bench.search)
    bench.ledgers.put(bench.search, bench.segment(0))
    with pytest.raises(LedgerUnreadable, match="is not what was written a moment ago"):
        await bench.ledgers.kept(bench.search, NOTHING)


async def test_a_slow_storage_does_not_hold_up_a_look(bench: Bench) -> None:
    first = bench.segment(0)
    await bench.ledgers.read(bench.search)
    bench.held.clear()
    bench.ledgers.put(bench.search, first)
    kept = await bench.ledgers.kept(bench.search, NOTHING)
    assert kept and kept.written is None and kept.writing == {"s-00000"}
    bench.held.set()
    await bench.woken.wait()
    kept = await bench.ledgers.kept(bench.search, NOTHING)
    assert kept and kept.written == first.after


async def test_a_segment_on_its_way_is_known_of_also_when_nobody_waits_for_it(bench: Bench) -> None:
    uid = bench.search.meta.uid
    await bench.ledgers.read(bench.search)
    bench.held.clear()
    bench.ledgers.put(bench.search, bench.segment(0))
    await bench.ledgers.kept(bench.search, NOTHING)
    bench.ledgers.forget(uid)
    assert bench.ledgers.writes(uid)
    write = bench.ledgers._writes[uid]
    bench.held.set()
    await write
    assert not bench.ledgers.writes(uid) and bench.segment(0).key("ns/s/uid-s") in bench.stored


async def test_what_another_operator_has_written_meanwhile_counts(bench: Bench) -> None:
    mine, others = bench.segment(0), bench.segment(0, 1)
    await bench.ledgers.read(bench.search)
    bench.ledgers.put(bench.search, mine)
    bench.stored[others.key("ns/s/uid-s")] = others.content
    named = bench.named(others.after)
    assert await bench.ledgers.read(named)
    kept = await bench.ledgers.kept(named, NOTHING)
    assert kept and kept.recorded == {"s-00000", "s-00001"} and not kept.writing
    bench.ledgers.put(named, mine)
    kept = await bench.ledgers.kept(named, NOTHING)
    assert kept and not kept.writing, "it continues another ledger"


async def test_a_search_that_is_gone_is_forgotten(bench: Bench) -> None:
    first = bench.segment(0)
    await bench.write(first)
    bench.ledgers.forget(bench.search.meta.uid)
    with pytest.raises(LedgerNotRead):
        bench.ledgers.trials(bench.named(first.after))
    await bench.ledgers.stop()

"""Answers of a storage that come after the look that asked for them; those in time are in test_gather.py."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from tests.support.factories import START, raw_job, raw_pod, raw_search, raw_trial, stamp

from nas_core.reasons import StorageReason
from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView
from nas_operator.kube.store import SearchKey
from nas_operator.searches.collect import Collector, Found
from nas_operator.sessions.giver import SessionGiver
from nas_operator.settings import Settings
from nas_operator.storage.health import HealthMonitor
from nas_operator.storage.objects import Buckets
from nas_storage.faults import StorageFault

RESULT = '{"outcome":"Succeeded","metrics":{"val_accuracy":0.5}}'
UID = "uid-s-00000-a1"


class Stored:
    """A bucket that answers when a test says so."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.deleted = (3, True)
        self.dropped: list[str] = []
        self.emptied: list[str] = []
        self.away: StorageFault | None = None

    async def probe(self, root: str) -> None:
        await self.answers.wait()

    async def get(self, key: str) -> bytes | None:
        await self.answers.wait()
        return None

    async def put_once(self, key: str, content: bytes) -> bytes:
        return content

    async def newest(self, prefix: str, ending: str) -> str | None:
        return f"{prefix}e1.json"

    async def delete_some(self, prefix: str) -> tuple[int, bool]:
        await self.answers.wait()
        self.emptied.append(prefix)
        return self.deleted if prefix.endswith("/") else (1, True)

    async def delete_others(self, prefix: str, kept: Collection[str]) -> bool:
        self.dropped.append(prefix)
        if self.away:
            raise self.away
        await self.answers.wait()
        return True


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stored, self.time = Stored(), 0.0
        self.woken: asyncio.Queue[SearchKey] = asyncio.Queue()
        client: Any = None
        health = HealthMonitor(lambda: self.time, 5.0)
        buckets = Buckets(client, Settings(), lambda _: ())
        self.collector = Collector(client, buckets, health, SessionGiver(client, buckets, False), self.woken.put_nowait)
        self.search = read_search(raw_search(storage={"bucket": "nas"}))
        for beside in (self.collector._reading, self.collector._emptying, self.collector._dropping):
            beside._patience = 0.01

        async def objects(*_: Any) -> Any:
            return self.stored

        monkeypatch.setattr(Collector, "objects", objects)

    async def collect(self, message: str | None = None, *left: str) -> Found | None:
        job = JobView.of(raw_job("s-00000", 1, {"conditions": [{"type": "Complete", "status": "True"}]}))
        terminated = {"exitCode": 0, "startedAt": stamp(START), "finishedAt": stamp(START), "message": message}
        containers = [{"name": "trial", "state": {"terminated": terminated}}]
        raw = raw_pod("s-00000-a1", "s-00000", {"phase": "Succeeded", "containerStatuses": containers})
        pods = {UID: (PodView.of(raw),)} if message is not None else {}
        return await self.collector.collect(self.search, [job], pods, left)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_before_the_first_answer_there_is_nothing_to_plan_with(bench: Bench) -> None:
    assert await bench.collect(RESULT) is None and await bench.collect(RESULT) is None
    bench.stored.answers.set()
    assert await bench.woken.get() == ("ns", "s")
    found = await bench.collect(RESULT, "s-00000")
    assert found and found.fault is None
    result = found.collected[UID].result
    assert result and result.metrics == {"val_accuracy": 0.5}
    assert found.checkpoints == {}, "of that the earlier look did not ask"


async def test_a_storage_that_has_worked_is_trusted_until_it_has_answered(bench: Bench) -> None:
    bench.stored.answers.set()
    assert await bench.collect(RESULT)
    bench.stored.answers.clear()
    bench.time += 6
    found = await bench.collect(RESULT)
    assert found and found.fault is None and not found.collected
    bench.stored.answers.set()
    await bench.woken.get()
    found = await bench.collect(RESULT)
    assert found and UID in found.collected


async def test_what_is_late_does_not_hide_what_a_pod_has_said_since(bench: Bench) -> None:
    assert await bench.collect(message=None) is None, "asked before the pod's end was seen"
    bench.stored.answers.set()
    await bench.woken.get()
    found = await bench.collect(RESULT)
    assert found and UID not in found.collected, "its only result came with the pod's end"
    await bench.woken.get()
    found = await bench.collect(RESULT)
    assert found and found.collected[UID].result


async def test_a_scoped_storage_works_only_if_it_gives_keys_that_are_limited(bench: Bench) -> None:
    bench.search = read_search(raw_search(storage={"bucket": "nas", "endpoint": "http://s3", "scoped": True}))
    bench.stored.answers.set()
    found = await bench.collect(RESULT)
    assert found and found.fault and found.fault.reason == StorageReason.SCOPED_NOT_ENABLED


async def test_objects_are_deleted_beside_the_looks(bench: Bench) -> None:
    storage = bench.search.storage
    assert storage and await bench.collector.empty(bench.search, storage) is None
    bench.stored.answers.set()
    await bench.woken.get()
    assert await bench.collector.empty(bench.search, storage) == (4, True)
    assert bench.stored.emptied == ["ns/s/uid-s/", "ns/knowledge_base/8232774399-s-uid-s.json"]


async def test_what_a_search_left_to_others_is_deleted_last(bench: Bench) -> None:
    bench.stored.deleted = (3, False)
    bench.stored.answers.set()
    storage = bench.search.storage
    assert storage and await bench.collector.empty(bench.search, storage) == (3, False)
    assert bench.stored.emptied == ["ns/s/uid-s/"]


def trial(checkpoints: str) -> TrialView:
    return TrialView.of(raw_trial(0, {"checkpoints": checkpoints}))


async def test_checkpoints_are_dropped_beside_the_results(bench: Bench) -> None:
    older, everything = trial("DeletingOlder"), trial("DeletingAll")
    assert await bench.collector.drop(bench.search, []) == frozenset()
    assert await bench.collector.drop(bench.search, [older]) == frozenset(), "it takes its time"
    bench.stored.answers.set()
    await bench.woken.get()
    assert await bench.collect(RESULT), "results do not wait for it"
    assert await bench.collector.drop(bench.search, [everything]) == frozenset(), "this was not asked then"
    assert bench.stored.dropped == ["ns/s/uid-s/trials/s-00000/checkpoints/"]
    while not await bench.collector.drop(bench.search, [everything]):
        await bench.woken.get()
    assert len(bench.stored.dropped) == 2


async def test_nothing_is_dropped_while_the_storage_is_away(bench: Bench) -> None:
    bench.stored.answers.set()
    bench.stored.away = StorageFault(StorageReason.STORAGE_ERROR, "away")
    for _ in range(3):
        assert await bench.collector.drop(bench.search, [trial("DeletingAll")]) == frozenset()
    assert len(bench.stored.dropped) == 1, "the look that is due asks the storage again"


async def test_nothing_is_left_under_way_at_the_end(bench: Bench) -> None:
    assert await bench.collect(RESULT) is None
    await bench.collector.stop()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

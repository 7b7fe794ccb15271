from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, raw_job, raw_pod, raw_search
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_core.records.search import read_search
from nas_operator.kube.client import EVENTS, Client, path
from nas_operator.searches.http_reader import HttpReader
from nas_operator.searches.live_readings import LiveReader

SEARCH = read_search(raw_search())
JOB = JobView.of(raw_job("s-00000"))
# An address of a test network (RFC 5737): nobody ever answers there, as from a pod that has just gone.
GONE = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Running", "podIP": "192.0.2.1"}))


async def test_a_pod_that_does_not_answer_keeps_nobody_waiting() -> None:
    client: Any = None
    async with HttpReader() as http:
        live = LiveReader(client, http, None, lambda _: None)
        live.start(SEARCH, [JOB], {JOB.meta.uid: [GONE]}, START)
        await asyncio.sleep(0)
        assert live.take(SEARCH.meta.uid) is None
        await asyncio.wait_for(live.stop(), 1)


async def test_one_reading_a_search_is_under_way_at_a_time() -> None:
    client: Any = None
    ready: asyncio.Queue[Any] = asyncio.Queue()
    async with HttpReader() as http:
        live = LiveReader(client, http, None, ready.put_nowait)
        live.start(SEARCH, [], {}, START)
        live.start(SEARCH, [], {}, START)
        assert await ready.get() == SEARCH.meta.key
        await asyncio.sleep(0)
        assert ready.empty()
        assert live.take(SEARCH.meta.uid) and live.take(SEARCH.meta.uid) is None


async def test_what_belongs_to_a_search_goes_with_it() -> None:
    client: Any = None
    ready: asyncio.Queue[Any] = asyncio.Queue()
    async with HttpReader() as http:
        live = LiveReader(client, http, None, ready.put_nowait)
        live.start(SEARCH, [], {}, START)
        await ready.get()
        live.forget(SEARCH.meta.uid)
        assert live.take(SEARCH.meta.uid) is None
        live.start(SEARCH, [JOB], {JOB.meta.uid: [GONE]}, START)
        live.forget(SEARCH.meta.uid)
        await asyncio.sleep(0)
        assert ready.empty() and live.take(SEARCH.meta.uid) is None


@pytest.mark.parametrize(("events", "length", "shown"), [(1, 100_000, "x" * 512), (20, 100_000, None)])
async def test_events_that_users_write_are_read_up_to_a_bound(
    events: int, length: int, shown: str | None, served: tuple[ApiServer, Client], caplog: pytest.LogCaptureFixture
) -> None:
    api, client = served
    about = {"kind": "Job", "uid": JOB.meta.uid}
    for number in range(events):
        event = {"metadata": {"name": f"e{number}"}, "involvedObject": about, "message": "x" * length}
        api.add(path(EVENTS, "ns"), event)
    ready: asyncio.Queue[Any] = asyncio.Queue()
    async with HttpReader() as http:
        live = LiveReader(client, http, None, ready.put_nowait)
        live.start(SEARCH, [JOB], {}, START + timedelta(hours=1))
        await ready.get()
    answers = live.take(SEARCH.meta.uid)
    assert answers and answers.denied_pods == ({JOB.meta.uid: shown} if shown else {})
    assert ("the answer has more than 1,048,576 bytes" in caplog.text) == (shown is None)


async def test_of_a_trial_over_several_nodes_the_first_pod_alone_is_read() -> None:
    client: Any = None
    read: list[list[str]] = []

    class Metrics:
        async def read(self, http: HttpReader, search: Any, pods: Sequence[PodView]) -> dict[str, dict[str, float]]:
            read.append([pod.meta.name for pod in pods])
            return {}

    ready: asyncio.Queue[Any] = asyncio.Queue()
    pods = [replace(GONE, node=node, meta=replace(GONE.meta, name=f"pod-{node}")) for node in (1, 0, 2)]
    async with HttpReader() as http:
        live = LiveReader(client, http, None, ready.put_nowait)
        live._metrics = Metrics()  # type: ignore[assignment]
        live.start(SEARCH, [replace(JOB, nodes=3)], {JOB.meta.uid: pods}, START)
        await ready.get()
    assert read == [["pod-0"]]


async def test_what_denies_one_of_several_pods_is_asked_for(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    event = {"reason": "FailedCreate", "involvedObject": {"kind": "Job", "uid": JOB.meta.uid}, "message": "quota"}
    api.add(path(EVENTS, "ns"), {"metadata": {"name": "denied"}, **event})
    ready: asyncio.Queue[Any] = asyncio.Queue()
    two, later = replace(JOB, nodes=2), START + timedelta(minutes=2)
    async with HttpReader() as http:
        for there, told in (([0], {JOB.meta.uid: "quota"}), ([0, 1], {})):
            live = LiveReader(client, http, None, ready.put_nowait)
            pods = [replace(GONE, node=node, phase="Pending") for node in there]
            live.start(SEARCH, [two], {JOB.meta.uid: pods}, later)
            await ready.get()
            found = live.take(SEARCH.meta.uid)
            assert found is not None and found.denied_pods == told

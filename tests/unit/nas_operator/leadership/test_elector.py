"""Operators that elect a leader, on a clock of the test's own."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.errors import NotLeading
from nas_operator.kube.client import JOBS, LEASES, Client, path
from nas_operator.leadership.elector import Elector
from nas_operator.settings import LeaseName

LEASE = LeaseName("nas", "nas-operator")
URL = path(LEASES, *LEASE)


class Clock:
    """Seconds that pass when the test says so. Who sleeps waits for the next turn, however long it asked for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._turn = asyncio.Condition()
        self._asleep = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, _: float) -> None:
        async with self._turn:
            self._asleep += 1
            self._turn.notify_all()
            await self._turn.wait_for(lambda: self._asleep == 0)

    async def turn(self, seconds: float, sleepers: int = 1) -> None:
        """Let time pass, wake all that sleep, and wait until so many sleep again."""
        self.now += seconds
        await self.wake()
        await self.settled(sleepers)

    async def wake(self) -> None:
        """Wake all that sleep."""
        async with asyncio.timeout(5), self._turn:
            self._asleep = 0
            self._turn.notify_all()

    async def settled(self, sleepers: int = 1) -> None:
        """Wait until so many sleep."""
        async with asyncio.timeout(5), self._turn:
            await self._turn.wait_for(lambda: self._asleep >= sleepers)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def running(client: Client, clock: Clock, identity: str, sleepers: int = 1) -> tuple[Elector, asyncio.Task[None]]:
    """Start an elector, and wait until it sleeps: so many do then."""
    elector = Elector(client, LEASE, identity, clock, clock.sleep)
    task = asyncio.create_task(elector.run())
    await clock.settled(sleepers)
    return elector, task


async def test_the_first_one_leads_and_the_second_one_waits(served: tuple[ApiServer, Client], clock: Clock) -> None:
    api, client = served
    first, one = await running(client, clock, "first")
    assert first.leading() and api.objects[URL]["spec"]["holderIdentity"] == "first"
    assert first.term and (first.term.lease, first.term.holder) == ("nas/nas-operator", "first")
    second, two = await running(client, clock, "second", 2)
    for _ in range(10):
        await clock.turn(2.0, 2)
    assert first.leading() and not second.leading() and second.term is None
    one.cancel()
    two.cancel()


async def test_a_leader_that_is_gone_is_followed_when_its_lease_has_expired(
    served: tuple[ApiServer, Client], clock: Clock
) -> None:
    api, client = served
    first, one = await running(client, clock, "first")
    second, two = await running(client, clock, "second", 2)
    one.cancel()
    seconds = 0.0
    clock._asleep = 1
    while not second.leading():
        await clock.turn(2.0)
        seconds += 2.0
    assert 15.0 <= seconds <= 17.0
    assert not first.leading(), "by its own clock too"
    assert api.objects[URL]["spec"]["leaseTransitions"] == 1
    two.cancel()


async def test_a_leader_that_was_frozen_writes_nothing_when_it_wakes_and_ends(
    served: tuple[ApiServer, Client], clock: Clock
) -> None:
    api, client = served
    elector, task = await running(client, clock, "first")
    client.fence = elector.leading
    await client.create(path(JOBS, "ns"), {"metadata": {"name": "before"}})
    clock.now += 10.0  # nothing of it has run meanwhile
    with pytest.raises(NotLeading):
        await client.create(path(JOBS, "ns"), {"metadata": {"name": "late"}})
    assert api.names(path(JOBS, "ns")) == ["before"]
    assert await client.list_all(path(JOBS, "ns")), "who only reads does no harm"
    version = api.objects[URL]["metadata"]["resourceVersion"]
    api.objects[URL]["spec"] |= {"holderIdentity": "second"}
    api.objects[URL]["metadata"]["resourceVersion"] = version + "1"
    await clock.wake()
    await asyncio.wait_for(task, 5)
    assert elector.lost.is_set() and not elector.leading()


async def test_a_leader_that_cannot_renew_stops_in_time(served: tuple[ApiServer, Client], clock: Clock) -> None:
    api, client = served
    elector, task = await running(client, clock, "first")
    api.faults["PATCH", "/leases/nas-operator"] = (500, "etcd")
    for _ in range(4):
        await clock.turn(2.0)
        assert elector.leading() and not elector.lost.is_set()
    clock.now += 2.0
    assert not elector.leading(), "five seconds before another one may take the Lease"
    await clock.wake()
    await asyncio.wait_for(task, 5)
    assert elector.lost.is_set()


async def test_a_short_fault_passes(served: tuple[ApiServer, Client], clock: Clock) -> None:
    api, client = served
    elector, task = await running(client, clock, "first")
    api.faults["GET", "/leases/nas-operator"] = (503, "starting")
    await clock.turn(2.0)
    api.faults.clear()
    await clock.turn(2.0)
    await clock.turn(9.0)
    assert elector.leading() and not task.done()
    task.cancel()


async def test_a_process_that_was_started_again_in_its_pod_leads_at_once_in_a_term_of_its_own(
    served: tuple[ApiServer, Client], clock: Clock
) -> None:
    api, client = served
    first, one = await running(client, clock, "pod")
    one.cancel()
    await clock.wake()
    again, two = await running(client, clock, "pod")
    assert again.leading() and first.term and again.term and again.term != first.term
    assert api.objects[URL]["spec"]["leaseTransitions"] == 1
    two.cancel()


async def test_a_lease_that_is_given_back_is_taken_at_once(served: tuple[ApiServer, Client], clock: Clock) -> None:
    api, client = served
    first, one = await running(client, clock, "first")
    one.cancel()
    await clock.wake()
    await first.release()
    assert api.objects[URL]["spec"]["holderIdentity"] == "" and not first.leading() and not first.lost.is_set()
    second, two = await running(client, clock, "second")
    assert second.leading()
    await first.release()
    assert api.objects[URL]["spec"]["holderIdentity"] == "second", "who does not lead gives nothing back"
    two.cancel()


async def test_of_two_that_take_it_at_once_one_leads(served: tuple[ApiServer, Client], clock: Clock) -> None:
    api, client = served
    electors = await asyncio.gather(*(running(client, clock, name, 3) for name in ("a", "b", "c")))
    assert sum(elector.leading() for elector, _ in electors) == 1
    for elector, task in electors:
        assert elector.leading() == (api.objects[URL]["spec"]["holderIdentity"] == elector._identity)
        task.cancel()

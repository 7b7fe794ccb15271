from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.support.factories import raw_search, raw_trial
from tests.support.policies import complete, raw_namespace, raw_policy, search_named
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.api.search_status import OperatorTerm
from nas_core.reasons import StorageReason
from nas_core.records.names import STORAGE_FINALIZER
from nas_core.records.search import ReadableSearch
from nas_operator.errors import (
    ApiDenied,
    ApiError,
    Conflict,
    LookTimedOut,
    NamespaceTerminating,
    PlanTooSlow,
    StatusDenied,
)
from nas_operator.kube.client import JOBS, SEARCHES, TRIALS, Client, path
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.leadership.claims import Claims
from nas_operator.limits.reservations import Reservations
from nas_operator.searches import planner
from nas_operator.searches.apply import Applier
from nas_operator.searches.collect import Collector
from nas_operator.searches.gather import Gatherer
from nas_operator.searches.http_reader import HttpReader
from nas_operator.searches.knowledge import KnowledgeReader
from nas_operator.searches.live_readings import LiveReader
from nas_operator.searches.planner import Planner
from nas_operator.searches.priority_boosts import PriorityBoosts
from nas_operator.searches.reconcile import Reconciler
from nas_operator.sessions.giver import SessionGiver
from nas_operator.settings import Settings
from nas_operator.storage.health import HealthMonitor
from nas_operator.storage.ledgers import Ledgers
from nas_operator.storage.objects import Buckets
from nas_operator.trials import Trials
from nas_storage.faults import StorageFault

KEY = ("ns", "s")
SEARCHES_URL, TRIALS_URL, JOBS_URL = path(SEARCHES, "ns"), path(TRIALS, "ns"), path(JOBS, "ns")


class Bench:
    """The operator without its watches: what they would see is put into the stores by hand."""

    def __init__(self, api: ApiServer, client: Client, http: HttpReader) -> None:
        self.api, self.client, self.time = api, client, 0.0
        self.stores = Stores(on_use=lambda namespace: self.reservations.changed(namespace))
        settings = Settings()
        self.health = HealthMonitor(lambda: self.time, 5.0)
        self.live = LiveReader(client, http, None, lambda _: None)
        self.woken: list[SearchKey] = []
        self.reservations = Reservations(self.stores, self.woken.append)
        buckets = Buckets(client, settings, self.reservations.policies_of)
        sessions = SessionGiver(client, buckets, False)
        collector = Collector(client, buckets, self.health, sessions, lambda _: None)
        ledgers = Ledgers(collector.objects, lambda _: None)
        knowledge = KnowledgeReader(collector.objects, lambda _: None)
        self.gatherer = Gatherer(
            self.stores, collector, ledgers, self.live, knowledge, self.reservations, settings.trial_image
        )
        self.planner = Planner(lambda _: None)
        trials = Trials(self.stores, ledgers)
        applier = Applier(client, self.stores, settings, collector.objects, trials, sessions)
        self.term: OperatorTerm | None = None
        claims = Claims(client, self.stores, lambda: self.term)
        self.reconciler = Reconciler(
            self.stores,
            claims,
            self.gatherer,
            applier,
            self.planner,
            self.reservations,
            PriorityBoosts(client, 0),
            settings,
            client.clock.now,
            lambda: self.time,
        )

    def search(self, **spec: Any) -> None:
        self.stores.searches.put(self.api.add(SEARCHES_URL, raw_search(**spec)))

    def status(self) -> Any:
        return self.api.objects[f"{SEARCHES_URL}/s"].get("status", {})

    def progressing(self) -> Any:
        return next(c for c in self.status()["conditions"] if c["type"] == "Progressing")

    def told(self) -> list[str]:
        """Return the reasons of the Events so far."""
        return [body["reason"] for verb, url, body in self.api.requests if verb == "POST" and url.endswith("/events")]

    def room_of_another(self) -> int:
        """Return how many trials another search of the namespace may start now."""
        self.stores.searches.put(search_named("another"))
        another = self.stores.searches.get("ns", "another")
        assert isinstance(another, ReadableSearch)
        room = self.reservations.room(another)
        self.reservations.forget("ns", another.meta.uid)
        assert room is not None
        return room.free

    async def look(self, after: float = 0.0) -> float | None:
        self.time += after
        return await self.reconciler.reconcile(KEY)


@pytest_asyncio.fixture
async def bench(served: tuple[ApiServer, Client]) -> AsyncIterator[Bench]:
    async with HttpReader() as http:
        yield Bench(*served, http)


@pytest.fixture
def go(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Plans take longer than a look waits, until this is set."""
    event, plan = threading.Event(), planner.plan  # type: ignore[attr-defined]

    def slow(snapshot: Any, interval: float) -> Any:
        event.wait(10)
        return plan(snapshot, interval)

    monkeypatch.setattr(planner, "plan", slow)
    bench.planner._patience = 0.01
    yield event
    event.set()


async def test_a_search_that_is_not_there_is_no_work(bench: Bench) -> None:
    assert await bench.look() is None and bench.api.requests == []


async def test_one_look_starts_the_trials_and_tells_so(bench: Bench) -> None:
    bench.search()
    assert await bench.look() == 5
    assert bench.api.names(TRIALS_URL) == ["s-00000", "s-00001"]
    assert bench.api.names(JOBS_URL) == ["s-00000-a1", "s-00001-a1"]
    assert bench.status()["trials"]["pending"] == 2 and bench.progressing()["reason"] == "Running"


async def test_a_look_at_what_has_not_changed_writes_nothing(bench: Bench) -> None:
    bench.search()
    await bench.look()
    await bench.look(after=2)  # shows what was read beside the first: the trials wait for their pods
    before = list(bench.api.writes)
    await bench.look(after=2)
    assert bench.api.writes == before


async def test_a_status_that_tells_only_new_counts_waits_for_its_turn(bench: Bench) -> None:
    bench.search()
    await bench.look()
    raw = dict(bench.api.objects[f"{JOBS_URL}/s-00000-a1"])
    pod = {
        "metadata": raw["metadata"] | {"name": "p", "ownerReferences": [{"uid": "uid-s-00000-a1", "controller": True}]},
        "status": {"phase": "Running"},
    }
    bench.stores.pods.put(pod)
    assert await bench.look(after=0.4) == pytest.approx(0.6)
    assert bench.status()["trials"].get("running", 0) == 0
    await bench.look(after=0.6)
    assert bench.status()["trials"]["running"] == 1


async def test_trials_that_kubernetes_denies_are_shown_and_tried_again(bench: Bench) -> None:
    bench.search()
    bench.api.faults["POST", "/jobs"] = (422, "Job is invalid: nvidia.com/gpu: 0.5: must be an integer")
    for _ in range(2):
        with pytest.raises(ApiDenied):
            await bench.look(after=1)
        told = bench.progressing()
        assert told["reason"] == "TrialsBlocked" and "must be an integer" in told["message"]
        assert "correct spec.trialTemplate" in told["message"]
    assert sum(url.endswith("/events") for _, url, _ in bench.api.requests) == 2, "Accepted and TrialsBlocked, once"
    bench.api.faults.clear()
    await bench.look(after=1)
    assert bench.progressing()["reason"] == "Running" and len(bench.api.names(JOBS_URL)) == 2


async def test_a_conflict_is_the_callers_to_try_again(bench: Bench) -> None:
    bench.search()
    foreign = raw_trial(0)
    foreign["metadata"]["ownerReferences"][0]["uid"] = "a former search"
    bench.api.add(TRIALS_URL, foreign)
    with pytest.raises(Conflict):
        await bench.look()
    assert bench.status()["conditions"] == []


async def test_a_search_that_is_being_deleted_starts_nothing(bench: Bench) -> None:
    bench.search(meta={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    assert await bench.look() is None and bench.api.requests == []


@pytest.mark.parametrize("spec", [{}, {"storage": {"bucket": "nas"}}, {"budget": {"maxTrials": "many"}}])
async def test_a_finalizer_with_nothing_to_delete_is_taken_off(bench: Bench, spec: dict[str, Any]) -> None:
    bench.search(meta={"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [STORAGE_FINALIZER]}, **spec)
    assert await bench.look() is None
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["metadata"]["finalizers"] == []


async def test_jobs_end_before_their_storage_is_deleted_and_a_fault_keeps_the_finalizer(bench: Bench) -> None:
    bench.search()
    await bench.look()
    deleted = raw_search(
        meta={
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "finalizers": [STORAGE_FINALIZER],
            "resourceVersion": "999",
        },
        storage={"bucket": "nas", "deletionPolicy": "Delete"},
    )
    bench.stores.searches.put(bench.api.add(SEARCHES_URL, deleted))
    assert await bench.look() == 1
    assert [verb for verb, _ in bench.api.writes[-2:]] == ["DELETE", "DELETE"]
    for name in bench.api.names(JOBS_URL):
        raw = bench.api.objects.pop(f"{JOBS_URL}/{name}")
        bench.stores.jobs.remove(raw)
    assert await bench.look() == 10, "the Secret is missing: somebody has to bring it back"
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["metadata"]["finalizers"] == [STORAGE_FINALIZER]


def deleted(bench: Bench, **given: Any) -> None:
    """Put a search there that is being deleted, and whose storage cannot be used."""
    meta = {
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "finalizers": [STORAGE_FINALIZER],
        "resourceVersion": str(bench.api.version),
    }
    bench.search(meta=meta, storage={"bucket": "nas", "deletionPolicy": "Delete"}, **given)


async def test_a_search_that_waits_for_its_storage_to_be_deleted_says_so_once(bench: Bench) -> None:
    deleted(bench)
    assert [await bench.look(), await bench.look()] == [10, 10]
    told = bench.progressing()
    assert told["reason"] == "StorageNotEmptied" and "Secret 'nas-storage' is not in namespace 'ns'" in told["message"]
    assert (
        """kubectl patch nas s -n ns --type merge -p '{"spec":{"storage":{"deletionPolicy":"Retain"}}}'"""
        in (told["message"])
    )
    events = bench.told()
    assert events.count("StorageNotEmptied") == 1


async def test_a_search_that_has_ended_and_waits_for_its_storage_does_not_go_on(bench: Bench) -> None:
    ended = [
        {
            "type": kind,
            "status": status,
            "reason": "BudgetSpent",
            "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for kind, status in (("Progressing", "False"), ("Succeeded", "True"))
    ]
    deleted(bench, status={"conditions": ended})
    assert [await bench.look(), await bench.look()] == [10, 10]
    told = bench.progressing()
    assert (told["status"], told["reason"]) == ("False", "StorageNotEmptied")
    events = bench.told()
    assert "Continued" not in events and events.count("StorageNotEmptied") == 1


async def test_objects_are_given_up_when_the_namespace_and_its_secret_go(bench: Bench) -> None:
    deleted(bench)
    bench.api.terminating = True
    assert await bench.look() is None
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["metadata"]["finalizers"] == []
    [event] = [raw for url, raw in bench.api.objects.items() if "/namespaces/default/events/" in url]
    assert event["reason"] == "ObjectsKept" and event["involvedObject"]["name"] == "ns"
    assert "the objects of NASSearch s stay in" in event["message"] and "Secret 'nas-storage'" in event["message"]


async def test_a_namespace_waits_two_minutes_for_a_storage_that_does_not_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise StorageFault(StorageReason.STORAGE_UNREACHABLE, "no answer", passing=True)

    monkeypatch.setattr(bench.gatherer, "empty", away)
    deleted(bench)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    bench.client.clock.now = lambda: now  # type: ignore[method-assign]
    bench.api.terminating = True
    assert await bench.look() == 10 and bench.progressing()["reason"] == "StorageNotEmptied"
    now += timedelta(minutes=3)
    bench.api.terminating = False
    assert await bench.look() == 10, "its namespace stays, so somebody can mend the storage"
    bench.api.terminating = True
    assert await bench.look() is None
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["metadata"]["finalizers"] == []


async def test_in_a_namespace_that_is_being_deleted_no_trial_is_started_and_the_search_says_so(bench: Bench) -> None:
    bench.search()
    bench.api.terminating = True
    for _ in range(2):
        with pytest.raises(NamespaceTerminating):
            await bench.look(after=1)
    told = bench.progressing()
    assert told["reason"] == "NamespaceTerminating" and "because it is being terminated" in told["message"]


async def test_a_status_that_is_denied_is_told_and_looked_at_again(bench: Bench) -> None:
    bench.search()
    bench.api.faults["PATCH", "/nassearches/s/status"] = (422, "status.best: Too long")
    with pytest.raises(StatusDenied, match="Too long"):
        await bench.look()
    assert bench.status() == {}
    bench.api.faults.clear()
    await bench.look(after=1)
    assert bench.progressing()["reason"] == "Running"


async def test_a_slow_plan_ends_the_look_and_is_carried_out_by_a_later_one(bench: Bench, go: threading.Event) -> None:
    woken = asyncio.Event()
    bench.planner._ready = lambda _: woken.set()
    bench.search()
    with pytest.raises(PlanTooSlow):
        await bench.look()
    told = bench.progressing()
    assert told["reason"] == "PlanTooSlow" and "still choosing" in told["message"]
    assert await bench.look(after=1) == 1 and not bench.api.names(TRIALS_URL), "no second plan meanwhile"
    go.set()
    await asyncio.wait_for(woken.wait(), 5)
    await bench.look(after=1)
    assert bench.progressing()["reason"] == "Running" and len(bench.api.names(JOBS_URL)) == 2


async def test_a_search_that_waits_for_slow_plans_of_its_namespace_says_so_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "waits for slow plans of this namespace (other)"
    monkeypatch.setattr(bench.planner, "has_room", lambda _: False)
    monkeypatch.setattr(bench.planner, "blocked_by", lambda _: slow)
    bench.search()
    for _ in range(2):
        assert await bench.look(after=1) == 1
        told = bench.progressing()
        assert (told["status"], told["reason"], told["message"]) == ("True", "PlanTooSlow", slow)
    assert bench.told() == ["PlanTooSlow"] and not bench.api.names(TRIALS_URL)


async def test_a_search_that_waits_a_moment_for_room_says_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.planner, "has_room", lambda _: False)
    bench.search()
    assert await bench.look() == 1 and bench.api.writes == []


async def test_a_search_that_was_made_again_under_its_name_inherits_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(bench.planner, "forget", forgotten.append)
    bench.search()
    await bench.look()
    del bench.api.objects[f"{SEARCHES_URL}/s"]
    bench.search(meta={"uid": "new", "resourceVersion": str(bench.api.version + 1)})
    with pytest.raises(Conflict):
        await bench.look()  # the old one's trials are still there
    assert forgotten == ["uid-s"]
    bench.stores.searches.replace([], 10_000)
    await bench.look()
    assert forgotten == ["uid-s", "new"]


async def test_what_is_remembered_of_a_search_goes_with_it(bench: Bench) -> None:
    bench.search(storage={"bucket": "nas"})
    await bench.look()
    asked = len(bench.api.requests)
    bench.stores.searches.replace([], 10_000)
    await bench.look()
    bench.stores.searches.put(raw_search(meta={"resourceVersion": "20000"}, storage={"bucket": "nas"}))
    with pytest.raises(Conflict):
        await bench.look()
    assert any(url.endswith("/secrets/nas-storage") for _, url, _ in bench.api.requests[asked:])


async def test_a_denied_look_does_not_read_live_values_at_once_again(bench: Bench) -> None:
    bench.search()
    bench.api.faults["POST", "/jobs"] = (422, "denied")
    asked = []
    bench.live.start = lambda *_: asked.append(bench.time)  # type: ignore[method-assign]
    for _ in range(12):
        with pytest.raises(ApiDenied):
            await bench.look(after=1)
    assert asked == [1, 6, 11]


async def test_an_unexpected_exception_is_told_once_and_goes_with_the_next_good_look(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise OverflowError("too large")

    bench.search()
    with monkeypatch.context() as patch:
        patch.setattr("nas_operator.searches.planner.plan", broken)
        for _ in range(2):
            with pytest.raises(OverflowError):
                await bench.look(after=1)
        told = bench.progressing()
        assert (told["status"], told["reason"]) == ("True", "InternalError")
        assert told["message"].startswith("OverflowError: too large; ")
    assert sum(url.endswith("/events") for _, url, _ in bench.api.requests) == 1
    await bench.look(after=1)
    assert bench.progressing()["reason"] == "Running"


async def test_a_look_that_never_ends_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(*_: Any) -> Any:
        await asyncio.Event().wait()

    bench.search()
    monkeypatch.setattr("nas_operator.searches.reconcile.LOOK_LIMIT_S", 0.01)
    monkeypatch.setattr(bench.gatherer, "snapshot", forever)
    with pytest.raises(LookTimedOut, match="a look that took more than 0 s was given up"):
        await bench.look()


async def test_a_leader_claims_a_search_before_anything_else(bench: Bench) -> None:
    bench.term = OperatorTerm(lease="nas/nas-operator", holder="pod", since=datetime(2026, 1, 1, tzinfo=UTC))
    bench.search()
    await bench.look()
    assert bench.status()["operator"] == bench.term.to_dict()
    claim, *others = bench.api.requests
    assert claim[0] == "PATCH" and claim[2]["status"] == {"operator": bench.term.to_dict()}
    assert ("POST", TRIALS_URL) in [(verb, url) for verb, url, _ in others]
    bench.stores.searches.put(bench.api.objects[f"{SEARCHES_URL}/s"])
    await bench.look(5.0)
    assert bench.status()["operator"] == bench.term.to_dict(), "a plan leaves it as it is"


def bounded(bench: Bench, **limits: Any) -> None:
    """Let a policy hold for the namespace."""
    bench.stores.namespaces.put(raw_namespace())
    bench.stores.policies.put(raw_policy(**limits))


async def test_a_look_starts_what_a_policy_leaves_room_for_and_gives_the_rest_back(bench: Bench) -> None:
    bounded(bench, maxParallelTrials=1)
    bench.search()
    await bench.look()
    assert (
        bench.api.names(JOBS_URL) == ["s-00000-a1"]
        and "1 trial waits: NASPolicy team" in bench.progressing()["message"]
    )
    assert bench.room_of_another() == 0
    bench.stores.jobs.put(complete(bench.api.objects[f"{JOBS_URL}/s-00000-a1"], version=10_000))
    assert KEY in bench.woken and bench.room_of_another() == 1


@pytest.mark.parametrize(
    ("status", "message", "error", "room"),
    [(403, "exceeded quota", ApiDenied, 2), (500, "etcdserver: request timed out", ApiError, 0)],
    ids=["what is denied leaves the slots to others", "a Job that may have been made keeps its slot"],
)
async def test_slots_of_a_job_that_could_not_be_made(
    bench: Bench, status: int, message: str, error: type[Exception], room: int
) -> None:
    bounded(bench, maxParallelTrials=2)
    bench.search()
    bench.api.faults["POST", "/jobs"] = (status, message)
    with pytest.raises(error):
        await bench.look()
    assert bench.room_of_another() == room


async def test_a_plan_that_is_still_being_made_keeps_its_slots(bench: Bench, go: threading.Event) -> None:
    bounded(bench, maxParallelTrials=2)
    bench.search()
    with pytest.raises(PlanTooSlow):
        await bench.look()
    assert bench.room_of_another() == 0 and not go.is_set()


async def test_an_image_that_a_policy_refuses_is_not_started(bench: Bench) -> None:
    bounded(bench, allowedImages=[])
    bench.search(trialTemplate={"image": "mine:1"})
    await bench.look()
    assert bench.progressing()["reason"] == "RefusedByPolicy" and bench.api.names(TRIALS_URL) == []
    assert bench.told() == ["RefusedByPolicy"]


async def test_objects_are_not_deleted_while_a_segment_is_on_its_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.search(storage={"bucket": "nas"})
    search = bench.stores.searches.get(*KEY)
    assert search and search.storage
    with pytest.raises(StorageFault):
        await bench.gatherer.empty(search, search.storage)
    monkeypatch.setattr(Ledgers, "writes", lambda *_: True)
    assert await bench.gatherer.empty(search, search.storage) is None

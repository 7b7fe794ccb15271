"""The whole operator against a small API server: what one object does must not reach the others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from tests.support.factories import raw_search, raw_space
from tests.support.strange_server import StrangeServer, answering, trickle
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.crd.schema import custom_resource_definitions
from nas_operator.kube.client import CRDS, JOBS, SEARCHES, SECRETS, SPACES, Client, path
from nas_operator.kube.crd_check import OutdatedCRD
from nas_operator.runtime import Runtime, build_runtime
from nas_operator.searches import planner
from nas_operator.settings import Settings
from nas_operator.shared_spaces import status
from nas_plan.decide import plan
from nas_storage.allowed_endpoints import AllowedEndpoints

SEARCHES_URL, SPACES_URL, JOBS_URL = path(SEARCHES, "ns"), path(SPACES, "ns"), path(JOBS, "ns")


class Operator:
    """The operator, with Kopf's part played by the test."""

    def __init__(self, api: ApiServer, running: Runtime) -> None:
        self.api, self.runtime = api, running
        self.stores, self.queue = running.triggers.stores, running.triggers.searches

    def search(self, name: str = "s", version: int = 1, namespace: str = "ns", **spec: Any) -> None:
        meta = {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "resourceVersion": str(version),
            "labels": {},
        }
        raw = raw_search(**spec)
        self.stores.searches.put(self.api.add(path(SEARCHES, namespace), raw | {"metadata": raw["metadata"] | meta}))

    def storage(self, endpoint: str, namespace: str = "ns") -> dict[str, Any]:
        """Put the Secret there; return ``spec.storage``."""
        labels = {"nas-operator.io/use": "trial"}
        data = {"accessKeyID": "a2V5", "secretAccessKey": "a2V5"}
        self.api.add(path(SECRETS, namespace), {"metadata": {"name": "nas-storage", "labels": labels}, "data": data})
        return {"bucket": "nas", "endpoint": endpoint}

    def condition(self, name: str, kind: str = "Progressing", namespace: str = "ns") -> tuple[str, str]:
        status = self.api.objects[path(SEARCHES, namespace, name)].get("status", {})
        found = [c for c in status.get("conditions", ()) if c["type"] == kind]
        return (found[0]["reason"], found[0]["message"]) if found else ("", "")

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self.api.changed:
            await self.api.changed.wait_for(happened)


@asynccontextmanager
async def operating(api: ApiServer, client: Client) -> AsyncIterator[Operator]:
    """Run an operator with two workers."""
    for crd in custom_resource_definitions():
        api.add(path(CRDS), crd)
    loopback = AllowedEndpoints.of(["127.0.0.1:*"])
    settings = Settings(namespaces=("ns", "other"), allowed_endpoints=loopback, workers=2)
    running = build_runtime(Client(client._configuration), settings)
    await running.start()
    try:
        yield Operator(api, running)
    finally:
        await running.stop()


@pytest_asyncio.fixture
async def bench(served: tuple[ApiServer, Client]) -> AsyncIterator[Operator]:
    async with operating(*served) as one:
        yield one


async def denied(bench: Operator) -> None:
    """Let the Jobs of a search be denied, with a backoff that no test outlives."""
    bench.queue._base = bench.queue._limit = 3600.0
    bench.api.faults["POST", "/jobs"] = (422, "tolerations[0].operator: value must be empty")
    bench.search()
    await bench.until(lambda: bench.condition("s")[0] == "TrialsBlocked")


async def test_neither_our_own_writes_nor_what_was_read_beside_wakes_a_denied_search(bench: Operator) -> None:
    await denied(bench)
    bench.search("other", budget={"parallelTrials": 1})
    for _ in range(3):
        written = bench.api.objects[f"{SEARCHES_URL}/s"]
        bench.api.version += 1
        newer = written["metadata"] | {"resourceVersion": str(bench.api.version)}
        bench.stores.searches.put(written | {"metadata": newer, "status": {"progress": "1/2"}})
        bench.queue.add(("ns", "s"))
    await bench.until(lambda: bench.condition("other")[0] == "TrialsBlocked")
    tries = [body["metadata"]["name"] for verb, url, body in bench.api.requests if (verb, url) == ("POST", JOBS_URL)]
    assert sorted(tries) == ["other-00000-a1", "s-00000-a1", "s-00001-a1"]
    assert bench.runtime.complaints() == []


async def test_a_corrected_spec_is_looked_at_at_once(bench: Operator) -> None:
    await denied(bench)
    bench.api.faults.clear()
    bench.search(version=10_000, meta={"generation": 2})
    await bench.until(lambda: len(bench.api.names(JOBS_URL)) == 2)


async def test_an_unexpected_exception_is_a_condition_of_that_search_alone(
    bench: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planner.plan  # type: ignore[attr-defined]

    def broken(snapshot: Any, interval: float) -> Any:
        if snapshot.search.meta.name.startswith("bad"):
            raise OverflowError("int too large to convert to float")
        return plan(snapshot, interval)

    monkeypatch.setattr(planner, "plan", broken)
    for number in range(8):
        bench.search(f"bad{number}")
    bench.search("good")
    await bench.until(lambda: bench.condition("good")[0] == "Running")
    await bench.until(lambda: all(bench.condition(f"bad{n}")[0] == "InternalError" for n in range(8)))
    _, message = bench.condition("bad0")
    assert message.startswith("OverflowError: int too large to convert to float; ")
    events = [body for verb, url, body in bench.api.requests if verb == "POST" and url.endswith("/events")]
    told = [e for e in events if e["reason"] == "InternalError" and e["involvedObject"]["name"] == "bad0"]
    assert len(told) == 1 and bench.runtime.complaints() == []


async def test_a_space_that_cannot_be_measured_does_not_stop_the_next_one(
    bench: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = status.report

    async def broken(client: Client, space: Any) -> None:
        if space.meta.name == "bad":
            raise OverflowError("too large")
        await report(client, space)

    monkeypatch.setattr(status, "report", broken)
    for name in ("bad", "good"):
        raw = raw_space(name="nas-bench-201")
        raw["metadata"] |= {"name": name, "uid": f"uid-{name}"}
        bench.stores.spaces.put(bench.api.add(SPACES_URL, raw))
    await bench.until(lambda: "status" in bench.api.objects[f"{SPACES_URL}/good"])
    assert bench.runtime.complaints() == []


async def test_a_start_that_fails_leaves_nothing_open(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    crd, *_ = custom_resource_definitions()
    for version in crd["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] = {}
    api.add(path(CRDS), crd)
    mine = Client(client._configuration)
    running = build_runtime(mine, Settings(namespaces=("ns",)))
    with pytest.raises(OutdatedCRD):
        await running.start()
    assert mine._session and mine._session.closed
    await running.stop()


async def test_eight_searches_whose_plans_do_not_end_leave_another_team_alone(
    served: tuple[ApiServer, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slow(snapshot: Any, interval: float) -> Any:
        if snapshot.search.meta.namespace == "slow":
            go.wait(30)
        return plan(snapshot, interval)

    monkeypatch.setattr(planner, "plan", slow)
    monkeypatch.setattr(planner.Planner.__init__, "__defaults__", (0.01,))
    async with operating(*served) as bench:
        try:
            for number in range(8):
                bench.search(f"s{number}", namespace="slow")
            await bench.until(lambda: bench.condition("s0", namespace="slow")[0] == "PlanTooSlow")
            bench.search("good")
            await bench.until(lambda: len(bench.api.names(JOBS_URL)) == 2)
            assert bench.condition("s7", namespace="slow")[0] in ("", "PlanTooSlow")
            told = [lambda n=n: bench.condition(f"s{n}", namespace="slow")[1] for n in range(8)]
            await bench.until(lambda: sum("waits for slow plans of this namespace" in one() for one in told) == 4)
            await bench.until(lambda: sum("still choosing" in one() for one in told) == 4)
            assert bench.runtime.complaints() == []
        finally:
            go.set()
        await bench.until(lambda: all(bench.condition(f"s{n}", namespace="slow")[0] == "Running" for n in range(8)))


async def test_storages_that_trickle_hold_up_only_their_own_searches(
    bench: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = answering(b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
    with StrangeServer(trickle) as bad, StrangeServer(works) as good:
        for number in range(8):
            bench.search(f"bad{number}", storage=bench.storage(bad.url))
        assert await asyncio.to_thread(bad.wait_for_requests, 8), "each is asked at once, with two workers"
        bench.search("good", namespace="other", storage=bench.storage(good.url, "other"))
        bench.search("plain", namespace="other")
        await bench.until(lambda: bench.condition("good", namespace="other")[0] == "Running")
        await bench.until(lambda: bench.condition("plain", namespace="other")[0] == "Running")
        assert all(bench.condition(f"bad{number}") == ("", "") for number in range(8)), "none has been given up yet"
    # The server has gone, and with it what they waited for.
    for number in range(8):
        await bench.until(lambda name=f"bad{number}": bench.condition(name)[0] == "StorageUnreachable")  # type: ignore[misc]
    assert bench.runtime.complaints() == []

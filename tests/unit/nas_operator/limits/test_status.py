from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.factories import START
from tests.support.policies import complete, job_of, pod_of, raw_namespace, raw_policy
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.errors import Conflict
from nas_operator.kube.client import POLICIES, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.limits.status import COUNT_S, LAG, MOST_WAIT_S, PolicyReporter

KEY = ("", "team")
EVERYWHERE: dict[str, Any] = {"namespaceSelector": {}}


class Bench:
    def __init__(self, served: tuple[ApiServer, Client], *namespaces: str, **policy: Any) -> None:
        self.api, self.client, self.served, self.now = *served, namespaces, START
        self.api.add(path(POLICIES), raw_policy(**policy))
        self.restart()

    def restart(self) -> None:
        """Begin as an operator that knows nothing but what the API server has."""
        self.stores = Stores()
        self.reporter = PolicyReporter(self.client, self.stores, self.served, lambda: self.now)
        for name in ("ns", "other"):
            self.stores.namespaces.put(raw_namespace(name))
        self.stores.policies.put(self.api.objects[path(POLICIES, name="team")])

    async def status(self) -> Any:
        await self.reporter.reconcile(KEY)
        return self.api.objects[path(POLICIES, name="team")]["status"]


async def test_the_trials_and_gpus_of_its_namespaces(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served, **EVERYWHERE)
    for number in range(2):
        bench.stores.jobs.put(job_of("s", number, gpus=2))
    assert await bench.status() == {
        "observedGeneration": 1,
        "matched": 2,
        "trials": 2,
        "gpus": 4,
        "namespaces": [{"name": "ns", "trials": 2, "gpus": 4}],
    }
    for number in range(2):
        bench.stores.jobs.put(complete(job_of("s", number, gpus=2)))
    assert (await bench.status())["namespaces"] == []


async def test_what_has_not_changed_is_not_written(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served)
    await bench.status()
    writes = len(bench.api.requests)
    await bench.status()
    assert len(bench.api.requests) == writes


async def test_a_policy_that_is_gone_is_no_work(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served)
    await bench.reporter.reconcile(("", "gone"))
    assert bench.api.requests == []


async def test_an_operator_of_some_namespaces_leaves_the_others_alone(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served, "ns", **EVERYWHERE)
    uses = [{"name": name, "trials": 3, "gpus": 1} for name in ("other", "removed", "ns")]
    bench.stores.policies.put(
        bench.api.add(path(POLICIES), raw_policy(version=2, **EVERYWHERE) | {"status": {"namespaces": uses}})
    )
    bench.stores.jobs.put(job_of("s", 0))
    status = await bench.status()
    assert status["namespaces"] == [{"name": "other", "trials": 3, "gpus": 1}, {"name": "ns", "trials": 1, "gpus": 0}]
    assert (status["trials"], status["gpus"]) == (4, 1)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def month(status: Any) -> Any:
    return [use.get("month", {}).get("gpuSeconds") for use in status["namespaces"]]


async def test_gpu_time_of_the_month_is_counted_while_pods_run(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served)
    bench.stores.jobs.put(job_of("s", 0, gpus=2))
    assert await bench.reporter.reconcile(KEY) == COUNT_S, "its pod may begin to run at any time"
    bench.stores.pods.put(pod_of("s", 0, gpus=2, started=after(1)))
    bench.now = after(11) + LAG
    status = await bench.status()
    assert month(status) == [1200] and status["gpuHours"] == "0.3"
    assert await bench.reporter.reconcile(KEY) == COUNT_S
    bench.now = after(21) + LAG
    assert month(await bench.status()) == [2400]


async def test_what_was_counted_stays_when_all_else_is_deleted(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served)
    pod = pod_of("s", 0, gpus=1, started=after(0), finished=after(10))
    bench.stores.pods.put(pod)
    bench.now = after(5) + LAG
    assert month(await bench.status()) == [300]
    assert await bench.reporter.reconcile(KEY) == LAG.total_seconds(), "soon it has an end that can be counted"
    # The pod goes between two counts: what it still ran is in the next one.
    bench.stores.pods.remove(pod | {"metadata": pod["metadata"] | {"resourceVersion": "60"}})
    bench.now = after(30) + LAG
    assert month(await bench.status()) == [600]
    assert await bench.reporter.reconcile(KEY) == MOST_WAIT_S, "only a new month changes it"


async def test_an_operator_that_was_killed_counts_on_and_nothing_twice(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served)
    running, ended = pod_of("s", 0, gpus=1, started=after(0)), pod_of("s", 1, 1, after(0), finished=after(4))
    for pod in (running, ended):
        bench.stores.pods.put(pod)
    bench.now = after(10) + LAG
    assert month(await bench.status()) == [600 + 240]

    bench.restart()
    for pod in (running, ended):
        bench.stores.pods.put(pod)
    bench.now = after(25) + LAG
    assert month(await bench.status()) == [1500 + 240]


async def test_who_counts_beside_another_operator_counts_nothing_twice(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served)
    bench.stores.pods.put(pod_of("s", 0, gpus=1, started=after(0)))
    stale = bench.stores
    bench.now = after(10) + LAG
    await bench.status()
    bench.restart()
    # The other one has read the policy before that write.
    bench.reporter = PolicyReporter(bench.client, stale, (), lambda: bench.now)
    stale.policies = Stores().policies
    stale.policies.put(raw_policy())
    bench.now = after(11) + LAG
    with pytest.raises(Conflict):
        await bench.reporter.reconcile(KEY)


async def test_a_new_month_begins_with_nothing(served: tuple[ApiServer, Client]) -> None:
    bench = Bench(served)
    bench.stores.pods.put(pod_of("s", 0, 1, after(0), finished=after(10)))
    bench.now = after(20)
    assert month(await bench.status()) == [600]
    bench.now = START + timedelta(days=31) + LAG
    status = await bench.status()
    assert status["namespaces"] == [] and "gpuHours" not in status

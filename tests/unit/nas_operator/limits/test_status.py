from __future__ import annotations

from typing import Any

from tests.support.policies import complete, job_of, raw_namespace, raw_policy
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.kube.client import POLICIES, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.limits.status import PolicyReporter

KEY = ("", "team")
EVERYWHERE: dict[str, Any] = {"namespaceSelector": {}}


class Bench:
    def __init__(self, served: tuple[ApiServer, Client], *namespaces: str, **policy: Any) -> None:
        self.api, self.stores = served[0], Stores()
        self.reporter = PolicyReporter(served[1], self.stores, namespaces)
        for name in ("ns", "other"):
            self.stores.namespaces.put(raw_namespace(name))
        self.stores.policies.put(self.api.add(path(POLICIES), raw_policy(**policy)))

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

"""Which runs an operator that starts ends: only those of searches of its own cluster that are gone for certain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from tests.support.policies import policy
from tests.support.recording_mlflow import RecordingMlflow, Run
from tests.support.tracked import NOW, begun, raw_begun, running
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.records.policy import PolicyView
from nas_operator.kube.client import SEARCHES, SECRETS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.settings import Settings
from nas_operator.tracking import left_open as module
from nas_operator.tracking.delivery import MlflowDelivery
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.left_open import LeftOpen
from nas_plan.tracking.default import read_default
from nas_plan.tracking.record import Record

Json = dict[str, Any]
CLUSTER = "uid-cluster"


def namespace(name: str, uid: str) -> Json:
    return {"metadata": {"name": name, "uid": uid, "resourceVersion": "1"}}


class Cluster:
    """A cluster that tracks by a default of its chart, and whose operator has just started."""

    def __init__(self, served: tuple[ApiServer, Client], http: TrackingHttp, mlflow: RecordingMlflow) -> None:
        self.api, self.client = served
        self.http, self.mlflow = http, mlflow
        self.stores, self.policies, self.slept = Stores(), list[PolicyView](), list[float]()
        for name, uid in (("kube-system", CLUSTER), ("ns", "uid-ns")):
            self.stores.namespaces.put(namespace(name, uid))
        # Another one, by which the server knows the collection: that of the test is not there.
        self.api.add(path(SEARCHES, "ns"), raw_begun(meta={"name": "another"}))
        self.install()

    def install(self, secret: str | None = None, **settings: Any) -> None:
        default = {"mlflow": {"endpoint": self.mlflow.url} | ({"secretRef": {"name": secret}} if secret else {})}
        made = Settings(tracking_default=read_default(json.dumps(default)), **settings)
        self.left_open = LeftOpen(self.client, self.stores, lambda _: self.policies, self.http, made, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 5:
            raise KeyboardInterrupt

    async def deliver(self, uid: str = "uid-s", cluster: str | None = CLUSTER, experiment: str = "e") -> list[Run]:
        """Leave the run of a search open, and one below it; return both."""
        delivery = MlflowDelivery(self.http, self.mlflow.url, uid, experiment, cluster)
        search = begun(meta={"uid": uid})
        before = set(self.mlflow.runs)
        await delivery.deliver(Record(search, [running(0)], [], NOW), {})
        return [run for key, run in self.mlflow.runs.items() if key not in before]

    def search(self, uid: str = "uid-s", **meta: Any) -> Json:
        """Let the API server have the search; its watch has not told of it yet."""
        raw = raw_begun(meta={"uid": uid} | meta)
        return self.api.add(path(SEARCHES, "ns"), raw)


@pytest.fixture
def cluster(served: tuple[ApiServer, Client], http: TrackingHttp, mlflow: RecordingMlflow) -> Cluster:
    return Cluster(served, http, mlflow)


def stand(runs: Sequence[Run]) -> set[str]:
    return {run.status for run in runs}


async def test_the_runs_of_a_search_that_was_deleted_meanwhile_are_ended(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    assert len(runs) == 2 and stand(runs) == {"RUNNING"}
    assert await cluster.left_open.look()
    assert stand(runs) == {"KILLED"} and all(run.end for run in runs)
    asked = len(cluster.mlflow.asked)
    assert await cluster.left_open.look()
    assert cluster.mlflow.asked[asked:] == ["experiments/search", "runs/search"]


async def test_those_of_a_search_that_is_there_are_left(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    cluster.search()
    assert await cluster.left_open.look() and stand(runs) == {"RUNNING"}
    # Known by its watch, it is not asked for.
    cluster.stores.searches.put(cluster.search())
    reads = len(cluster.api.requests)
    assert await cluster.left_open.look() and stand(runs) == {"RUNNING"} and len(cluster.api.requests) == reads


async def test_one_of_the_same_name_is_another_search(cluster: Cluster) -> None:
    runs = await cluster.deliver("uid-first")
    cluster.search("uid-second")
    assert await cluster.left_open.look() and stand(runs) == {"KILLED"}


async def test_one_that_is_being_deleted_is_gone(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    cluster.stores.searches.put(cluster.search(deletionTimestamp="2026-01-01T00:00:00Z"))
    assert await cluster.left_open.look() and stand(runs) == {"KILLED"}


@pytest.mark.parametrize("other", ["uid-of-another-cluster", None])
async def test_those_of_another_cluster_are_left(cluster: Cluster, other: str | None) -> None:
    runs = await cluster.deliver(cluster=other)
    assert await cluster.left_open.look() and stand(runs) == {"RUNNING"}


async def test_those_of_a_namespace_that_another_operator_serves_are_left(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    cluster.install(namespaces=("other",))
    assert await cluster.left_open.look() and stand(runs) == {"RUNNING"}


async def test_those_at_a_server_that_policies_do_not_name_any_more_are_left(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    cluster.policies = [policy(allowedTrackingEndpoints=["mlflow.example.com"])]
    assert await cluster.left_open.look() and stand(runs) == {"RUNNING"}
    # Of a namespace that is gone too, no policy is left.
    cluster.stores.namespaces.remove(namespace("ns", "uid-ns"))
    assert await cluster.left_open.look() and stand(runs) == {"KILLED"}


async def test_each_namespace_shows_its_own_secret_and_ends_its_own_runs(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    meta = {"name": "nas-tracking", "labels": {"nas-operator.io/use": "tracking"}}
    cluster.stores.namespaces.put(namespace("b", "uid-b"))
    cluster.install("nas-tracking")
    secret = {"metadata": meta, "data": {"token": "dDBw"}}
    cluster.api.add(path(SECRETS, "b"), secret)
    # Whose Secret is gone is left: the token of another namespace is not for it.
    assert await cluster.left_open.look() and stand(runs) == {"RUNNING"}
    assert cluster.mlflow.headers[-1]["Authorization"] == "Bearer t0p"
    cluster.api.add(path(SECRETS, "ns"), secret)
    assert await cluster.left_open.look() and stand(runs) == {"KILLED"}


async def test_tags_that_somebody_has_changed_end_nothing(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    for search in ("", "ns", "ns/../x", "ns/s/status", "NS/s", "ns/" + "s" * 64):
        for run in runs:
            run.tags["nas.search"] = search
        assert await cluster.left_open.look() and stand(runs) == {"RUNNING"}


async def test_a_server_that_cannot_be_asked_is_asked_again_soon(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    cluster.mlflow.faults["experiments/search"] = [503, 503]
    cluster.mlflow.faults["runs/update"] = [503]
    with pytest.raises(KeyboardInterrupt):
        await cluster.left_open.run()
    assert cluster.slept == [module.FIRST_S, *(module.RETRY_S * 2**n for n in range(3)), module.EVERY_S]
    assert stand(runs) == {"KILLED"}


async def test_a_run_that_may_not_be_changed_keeps_no_other_open(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    cluster.mlflow.faults["runs/update"] = [403]
    assert await cluster.left_open.look()
    assert sorted(run.status for run in runs) == ["KILLED", "RUNNING"]


async def test_what_the_api_server_does_not_tell_is_left(cluster: Cluster) -> None:
    runs = await cluster.deliver()
    cluster.api.faults["GET", "nassearches/s"] = (500, "etcd")
    assert not await cluster.left_open.look() and stand(runs) == {"RUNNING"}


async def test_a_look_ends_only_so_many(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    runs = [run for n in range(2) for run in await cluster.deliver(f"uid-{n}", experiment=f"e{n}")]
    cluster.mlflow.page = 1
    assert not await cluster.left_open.look()
    assert sorted(run.status for run in runs) == ["KILLED"] * 3 + ["RUNNING"]
    assert await cluster.left_open.look() and stand(runs) == {"KILLED"}


async def test_without_the_uid_of_the_cluster_nobody_is_asked(cluster: Cluster) -> None:
    cluster.stores.namespaces.remove(namespace("kube-system", CLUSTER))
    assert not await cluster.left_open.look() and cluster.mlflow.asked == []

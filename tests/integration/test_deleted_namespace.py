"""A namespace is deleted with a search whose objects are to be deleted too: it ends, whatever is gone first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

from nas_dev.cluster.embedded import Cluster

pytestmark = pytest.mark.cluster


@pytest.fixture
def operator(cluster: Cluster, kube: Kube, new_kube: Callable[[], Kube], tmp_path: Path) -> Iterator[Operator]:
    """One whose Lease is in a namespace that stays, as where an operator is installed."""
    operator = Operator(cluster, kube.namespace, tmp_path / "operator.log")
    operator.start(LEASE=f"{new_kube().namespace}/nas-operator")
    yield operator
    operator.stop()


@pytest.mark.parametrize("known", [True, False], ids=["the operator has read it", "the operator was started since"])
def test_a_namespace_ends_though_its_secret_is_gone_first(
    known: bool, cluster: Cluster, kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    storage = bucket.storage(deletionPolicy="Delete")
    kube.apply(fault_search("doomed", "--seconds=1", trials=8, parallel=2, storage=storage))
    wait_for.counts("doomed", succeeded=2)
    root = bucket.key_of(kube.status("doomed")["storageRoot"])
    if not known:
        operator.kill()
    kube.kubectl("delete", "secret", "nas-storage")
    cluster.kubectl("delete", "namespace", kube.namespace, "--wait=false")
    if not known:
        operator.start()
    wait_for(
        lambda: not cluster.kubectl("get", "namespace", kube.namespace, "--ignore-not-found"), 90, "the namespace ends"
    )
    events = json.loads(cluster.kubectl("get", "events", "--namespace=default", "--output=json"))["items"]
    kept = [e["message"] for e in events if e["involvedObject"]["name"] == kube.namespace]
    if known:
        assert bucket.keys(root) == [] and not kept
    else:
        assert len(bucket.keys(root)) >= 2
        [message] = kept
        assert f"the objects of NASSearch doomed stay in s3://{bucket.name}/{root}" in message

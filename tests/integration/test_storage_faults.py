"""A storage that cannot be used: nothing is started and nothing judged, the status says what to do, then it goes on."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube, attempts, condition
from tests.support.searches import check_record, fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster


def start_and_expect(fault: str, storage: dict[str, Any], kube: Kube, wait_for: Waiter) -> dict[str, Any]:
    """Create a search that meets a fault of its storage; return the condition that says so."""
    kube.apply(fault_search("stored", trials=2, storage=storage))
    shown = wait_for.condition("stored", "StorageReady", reason=fault, timeout=30)
    search = kube.search("stored")
    assert shown["status"] == "False"
    assert condition(search, "Progressing")["reason"] == fault
    assert kube.trials("stored") == []
    wait_for.events("stored", fault)
    return shown


def expect_success(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    wait_for.condition("stored", "Succeeded")
    trials = kube.trials("stored")
    assert [attempts(t) for t in trials] == [[(1, "Succeeded")]] * 2
    root = bucket.key_of(kube.status("stored")["storageRoot"])
    results = [f"{root}/trials/{trial['metadata']['name']}/result.json" for trial in trials]
    # The ledger is written when the search is over, so perhaps after this look.
    kept = [key for key in bucket.keys(root) if not key.startswith(f"{root}/ledger/")]
    assert kept == [f"{root}/report.html", *results]


def test_a_bucket_that_is_made_later(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    bucket.remove()
    shown = start_and_expect("BucketNotFound", bucket.storage(), kube, wait_for)
    assert f"storage.bucket '{bucket.name}' does not exist" in shown["message"]
    bucket.create()
    expect_success(kube, bucket, wait_for)


def test_a_wrong_key_that_is_corrected(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.apply(bucket.secret(secret_key="wrong"))
    shown = start_and_expect("AccessDenied", bucket.storage(), kube, wait_for)
    assert "denied access with the credentials of Secret 'nas-storage'" in shown["message"]
    kube.apply(bucket.secret())
    expect_success(kube, bucket, wait_for)


def test_a_secret_that_is_made_later(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.delete("secret", "nas-storage")
    shown = start_and_expect("SecretNotFound", bucket.storage(), kube, wait_for)
    assert f"Secret 'nas-storage' is not in namespace '{kube.namespace}'" in shown["message"]
    kube.apply(bucket.secret())
    expect_success(kube, bucket, wait_for)


def test_a_secret_that_is_not_marked_for_trials(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.kubectl("label", "secret", "nas-storage", "nas-operator.io/use-")
    shown = start_and_expect("SecretNotLabelled", bucket.storage(), kube, wait_for)
    command = shown["message"].partition("kubectl ")[2].split()
    assert command[:2] == ["label", "secret"]
    kube.kubectl(*command)  # what the message says helps
    expect_success(kube, bucket, wait_for)


def test_a_secret_that_the_operator_may_not_read(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.apply(bucket.secret(name="somebody-elses"))
    storage = bucket.storage(secretRef={"name": "somebody-elses"})
    shown = start_and_expect("SecretNotAllowed", storage, kube, wait_for)
    assert "(nas-storage)" in shown["message"]
    kube.patch("stored", storage={"secretRef": {"name": "nas-storage"}})
    expect_success(kube, bucket, wait_for)


def test_a_server_that_the_operator_may_not_contact(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    internal = "http://169.254.169.254"
    shown = start_and_expect("EndpointNotAllowed", bucket.storage(endpoint=internal), kube, wait_for)
    assert f"storage.endpoint '{internal}' is not a server" in shown["message"]
    assert "ask the platform team to add it to storage.allowedEndpoints" in shown["message"]
    kube.patch("stored", storage={"endpoint": bucket.server.pod_endpoint})
    expect_success(kube, bucket, wait_for)


@pytest.mark.alone
def test_a_storage_that_is_down_for_a_while(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    kube.apply(fault_search("stored", "--seconds=3", trials=8, parallel=2, storage=bucket.storage()))
    wait_for.counts("stored", succeeded=2, running=2)
    bucket.server.stop()
    try:
        wait_for.condition("stored", "StorageReady", reason="StorageUnreachable")
        collecting = wait_for.counts("stored", collecting=2)
        progressing = condition(kube.search("stored"), "Progressing")
        assert progressing["reason"] == "StorageUnreachable"
        assert "goes on when it is back" in progressing["message"]
        assert (collecting["trials"]["failed"], collecting["trials"]["total"]) == (0, len(kube.trials("stored")))
    finally:
        bucket.server.start()
    wait_for.condition("stored", "Succeeded", timeout=120)
    trials = kube.trials("stored")
    check_record(trials, 8)
    assert [attempts(t) for t in trials] == [[(1, "Succeeded")]] * 8
    assert len([key for key in bucket.keys("") if key.endswith("result.json")]) == 8

"""`storage.scoped`: pods have short-lived keys for what is their own, at a real S3 server with STS, and no others."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.bucket import SECRET, Bucket
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.release import rendered
from tests.support.searches import fault_search, small_training
from tests.support.waiting import Waiter

from nas_core.api.storage import BucketAddress
from nas_core.reasons import StorageReason
from nas_operator.manifests.session import SESSION_TYPE
from nas_storage import bucket as nas_bucket
from nas_storage.credentials import Credentials
from nas_storage.faults import NotFound, StorageFault

pytestmark = pytest.mark.cluster

MESSAGE = "the operator writes no Secrets but those of the type nas-operator.io/storage-session"
FOREIGN = "teams/other/search/uid/trials/search-00000/result.json"


def keys_of(kube: Kube, job: str) -> dict[str, str]:
    """Return what the pods of a Job read of their Secret."""
    secret = json.loads(kube.kubectl("get", "secret", f"{job}-session", "-ojson"))
    assert secret["type"] == SESSION_TYPE
    assert [(owner["kind"], owner["name"]) for owner in secret["metadata"]["ownerReferences"]] == [("Job", job)]
    found: dict[str, str] = json.loads(base64.b64decode(secret["data"]["credentials.json"]))
    return found


def seen_with(bucket: Bucket, keys: dict[str, str]) -> nas_bucket.Bucket:
    """Return the bucket as whoever has these keys sees it."""
    address = BucketAddress(bucket=bucket.name, endpoint=bucket.server.host_endpoint)
    return nas_bucket.Bucket(address, Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))


def denied(call: Any) -> bool:
    with pytest.raises(StorageFault) as raised:
        call()
    return raised.value.reason == StorageReason.ACCESS_DENIED


@pytest.mark.usefixtures("trial_image")
def test_a_trial_reaches_its_own_objects_and_no_others(
    kube: Kube, operator: Operator, bucket: Bucket, wait_for: Waiter
) -> None:
    operator.restart(SCOPED_STORAGE="true")
    bucket.put(FOREIGN, b"theirs")
    storage = bucket.storage(prefix="teams", scoped=True)
    kube.apply(small_training("own", bucket, trials=2, epochs=2, storage=storage))
    wait_for.condition("own", "Succeeded")

    root = bucket.key_of(kube.status("own")["storageRoot"]).rstrip("/")
    first, second = sorted(
        trial["metadata"]["name"] for trial in kube.trials("own") if trial["spec"]["work"] == "Train"
    )
    mine, neighbours = (f"{root}/trials/{trial}/result.json" for trial in (first, second))
    keys = keys_of(kube, f"{first}-a1")
    assert keys["AccessKeyId"] != bucket.server.access_key
    for pod in kube.pods("own"):
        text = json.dumps(pod)
        assert SECRET not in [volume.get("secret", {}).get("secretName") for volume in pod["spec"]["volumes"]]
        assert "secretKeyRef" not in text and bucket.server.secret_key not in text

    own = seen_with(bucket, keys)
    assert json.loads(own.get(mine))["outcome"] == "Succeeded"
    assert own.keys(f"{root}/trials/{first}/checkpoints/")
    own.put(f"{root}/trials/{first}/more", b"1")
    own.delete(f"{root}/trials/{first}/more")
    with pytest.raises(NotFound):
        own.get(f"{root}/trials/{first}/more")
    ledger = next(key for key in bucket.keys(f"{root}/ledger/"))
    for key in (neighbours, FOREIGN, ledger):
        assert denied(lambda key=key: own.get(key))
        assert denied(lambda key=key: own.put(key, b"mine"))
        assert denied(lambda key=key: own.delete(key))
        assert denied(lambda key=key: own.keys(key))
    assert denied(lambda: own.keys(""))
    assert bucket.get(FOREIGN) == b"theirs"


def test_keys_are_renewed_and_go_with_their_job(
    kube: Kube, operator: Operator, bucket: Bucket, wait_for: Waiter
) -> None:
    kube.apply(fault_search("late", "--seconds=600", trials=1, parallel=1, storage=bucket.storage(scoped=True)))
    message = wait_for.condition("late", "StorageReady", reason="ScopedNotEnabled")["message"]
    assert "storage.scoped of its chart" in message and kube.list("jobs") == []

    operator.restart(SCOPED_STORAGE="true")
    wait_for(lambda: kube.list("jobs"), 30, "a Job")
    [job] = [one["metadata"]["name"] for one in kube.list("jobs")]
    first = wait_for(lambda: _key(kube, job), 30, "its Secret")
    # All that an operator remembers of keys is gone with it, so it gives every Job new ones.
    operator.crash()
    wait_for(lambda: _key(kube, job) not in (None, first), 30, "new keys")
    kube.kubectl("delete", "nassearch", "late")
    wait_for(lambda: _key(kube, job) is None, 60, "the Secret is gone")


@pytest.fixture
def planner(kube: Kube) -> Iterator[str]:
    """An account that has the chart's policy as the operator has, and the two verbs of its role."""
    release = f"policy-{kube.namespace}"
    objects = rendered(
        kube, release, "session-secrets", "storage.scoped=true,serviceAccount.create=false,serviceAccount.name=planner"
    )
    kube.cluster.kubectl("apply", "--filename=-", stdin=objects)
    kube.kubectl("create", "role", "writer", "--verb=create,update", "--resource=secrets")
    kube.kubectl("create", "rolebinding", "writer", "--role=writer", f"--serviceaccount={kube.namespace}:planner")
    yield f"system:serviceaccount:{kube.namespace}:planner"
    kube.cluster.kubectl("delete", "--filename=-", stdin=objects)


def test_of_secrets_the_operator_writes_only_those_of_its_type(kube: Kube, planner: str) -> None:
    def write(verb: str, kind: str, name: str, *options: str) -> str:
        metadata = {"name": name, "annotations": {"kubernetes.io/service-account.name": "default"}}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind}
        try:
            return kube.kubectl(verb, "--filename=-", f"--as={planner}", *options, stdin=json.dumps(secret))
        except RuntimeError as error:
            return str(error)

    # The API server takes a moment to take up a policy.
    deadline = time.monotonic() + 60
    while MESSAGE not in write("create", "Opaque", "token", "--dry-run=server"):
        assert time.monotonic() < deadline, "the policy does not hold"
        time.sleep(0.2)
    assert MESSAGE in write("create", "kubernetes.io/service-account-token", "token")
    assert "created" in write("create", SESSION_TYPE, "job-session")
    assert "replaced" in write("replace", SESSION_TYPE, "job-session")
    kube.kubectl("create", "secret", "generic", "theirs")
    assert "field is immutable" in write("replace", SESSION_TYPE, "theirs")
    assert MESSAGE in write("replace", "Opaque", "theirs")


def _key(kube: Kube, job: str) -> str | None:
    found = kube.kubectl("get", "secret", f"{job}-session", "--ignore-not-found", "-oname")
    return keys_of(kube, job)["AccessKeyId"] if found.strip() else None

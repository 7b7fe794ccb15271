"""Storages without keys: trials have the identity of their account, and the operator its own where a policy allows it.

No cloud runs here. The operator's credentials come from an agent at an address, as EKS Pod Identity has it, and are
those of the real S3 server; what a cloud's webhook puts into trials' pods is theirs.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import credentials_agent
from tests.support.bucket import Bucket
from tests.support.inside import Server
from tests.support.kube import Kube, condition
from tests.support.mutated_pods import mutated_pods
from tests.support.operator_process import Operator
from tests.support.searches import check_record, fault_search
from tests.support.waiting import Waiter

from nas_core.contract import StorageLocation
from nas_dev.cluster.embedded import Cluster
from nas_storage.own_identity import own_session
from nas_trial.storage import open_bucket

pytestmark = pytest.mark.cluster

ACCOUNT = "trainer"


@pytest.fixture
def agent(cluster: Cluster, operator: Operator) -> Iterator[Server]:
    """Gives the operator credentials of its own."""
    server = Server(cluster, credentials_agent, cluster.s3.access_key, cluster.s3.secret_key)
    operator.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://127.0.0.1:{server.port}/v1/credentials"
    operator.environment["AWS_EC2_METADATA_DISABLED"] = "true"
    operator.restart()
    yield server
    server.stop()


@pytest.fixture
def keyless(kube: Kube, bucket: Bucket) -> dict[str, Any]:
    """Returns `spec.storage` without a key, in a namespace that has none."""
    kube.kubectl("delete", "secret", "nas-storage")
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}})
    storage = bucket.storage(prefix="teams")
    del storage["secretRef"]
    return storage


@pytest.fixture
def grant(kube: Kube) -> Iterator[Any]:
    name = f"grants-{kube.namespace}"
    kind = {"apiVersion": "nas-operator.io/v1alpha1", "kind": "NASPolicy", "metadata": {"name": name}}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": kube.namespace}}

    def apply(**grants: Any) -> None:
        kube.apply(kind | {"spec": {"namespaceSelector": selector, "grants": grants}})

    yield apply
    kube.kubectl("delete", "naspolicy", name, "--ignore-not-found")


@pytest.mark.usefixtures("agent")
def test_a_search_without_keys_runs_once_account_and_bucket_are_granted(
    kube: Kube, operator: Operator, bucket: Bucket, keyless: dict[str, Any], grant: Any, wait_for: Waiter
) -> None:
    template = {"serviceAccountName": ACCOUNT}
    kube.apply(fault_search("keyless", trials=2, storage=keyless, template=template))
    message = wait_for.condition("keyless", "Accepted", reason="RefusedByPolicy")["message"]
    assert f"no NASPolicy of this namespace grants '{ACCOUNT}'" in message
    assert condition(kube.search("keyless"), "StorageReady")["reason"] == "IdentityNotGranted"

    # The account alone does not let the operator into the bucket, nor does another prefix of it.
    grant(serviceAccounts=[ACCOUNT], buckets=[{**_granted(keyless), "prefix": "others"}])
    wait_for.condition("keyless", "Accepted", reason="Valid")
    message = wait_for.condition("keyless", "StorageReady", reason="IdentityNotGranted")["message"]
    assert f"grants.buckets: s3://{bucket.name}/others at {keyless['endpoint']}" in message
    assert kube.list("jobs") == [] and bucket.keys() == []

    grant(serviceAccounts=[ACCOUNT], buckets=[_granted(keyless)])
    wait_for.condition("keyless", "Succeeded")
    check_record(kube.trials("keyless"), 2)
    written = [key for key in bucket.keys(f"teams/{kube.namespace}/keyless/") if key.endswith("result.json")]
    assert len(written) == 2
    for pod in kube.pods("keyless"):
        assert pod["spec"]["serviceAccountName"] == ACCOUNT
        # The account is for its cloud identity: nothing of the API server's is mounted.
        assert [v["name"] for v in pod["spec"]["volumes"] if v["name"].startswith("kube-api-access")] == []
    key = bucket.server.secret_key.encode()
    assert key not in operator.log.read_bytes() and key.decode() not in kube.kubectl(
        "get", "all,nas,nastrial", "-oyaml"
    )

    # What is not granted any more is not touched: also not to empty it.
    kube.patch("keyless", storage={"deletionPolicy": "Delete"})
    grant(serviceAccounts=[ACCOUNT])
    wait_for.condition("keyless", "StorageReady", reason="IdentityNotGranted")


TOKEN = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
OF_THE_CLOUD = [
    # What amazon-eks-pod-identity-webhook puts into pods of an annotated account.
    {
        "op": "add",
        "path": "/spec/volumes/-",
        "value": {
            "name": "aws-iam-token",
            "projected": {"sources": [{"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}}]},
        },
    },
    {
        "op": "add",
        "path": "/spec/containers/0/volumeMounts/-",
        "value": {"name": "aws-iam-token", "mountPath": TOKEN, "readOnly": True},
    },
    {
        "op": "add",
        "path": "/spec/containers/0/env/-",
        "value": {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": f"{TOKEN}/token"},
    },
]
LOOK = f"""
import base64, json, os, pathlib
token = pathlib.Path(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text().split(".")
claims = json.loads(base64.urlsafe_b64decode(token[1] + "==="))
assert claims["aud"] == ["sts.amazonaws.com"] and claims["sub"].endswith(":{ACCOUNT}"), claims
assert not os.path.exists("/var/run/secrets/kubernetes.io"), "a token of the API server"
assert "AWS_ACCESS_KEY_ID" not in os.environ, "a key"
told = {{"outcome": "Succeeded", "metrics": {{"val_accuracy": 0.5}}}}
pathlib.Path(os.environ["NAS_RESULT_FILE"]).write_text(json.dumps(told))
"""


def test_a_trial_reads_the_token_that_the_clouds_webhook_gives_it(
    kube: Kube, grant: Any, wait_for: Waiter, tmp_path: Path
) -> None:
    """A token of the account for the cloud alone, in a pod of the restricted standard that runs as any user."""
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}})
    grant(serviceAccounts=[ACCOUNT])
    template = {"serviceAccountName": ACCOUNT, "command": ["python3", "-c", LOOK], "maxAttempts": 1}
    with mutated_pods(kube, tmp_path, OF_THE_CLOUD):
        kube.apply(fault_search("given", trials=1, template=template))
        wait_for.condition("given", "Succeeded")


def test_an_operator_without_an_identity_says_so(
    kube: Kube, operator: Operator, keyless: dict[str, Any], grant: Any, wait_for: Waiter
) -> None:
    operator.environment["AWS_EC2_METADATA_DISABLED"] = "true"
    operator.restart()
    grant(serviceAccounts=[ACCOUNT], buckets=[_granted(keyless)])
    kube.apply(fault_search("keyless", trials=2, storage=keyless, template={"serviceAccountName": ACCOUNT}))
    message = wait_for.condition("keyless", "StorageReady", reason="NoIdentity")["message"]
    assert "no credentials of the operator's own identity" in message and "serviceAccount.annotations" in message
    assert kube.list("jobs") == []


def test_a_trainer_without_keys_uses_what_its_pod_was_given(
    cluster: Cluster, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainer's own client at the real server, with the default chain."""
    monkeypatch.setattr("sys.argv", ["agent", bucket.server.access_key, bucket.server.secret_key])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), credentials_agent.Agent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_address[1]}/")
    own_session.cache_clear()
    location = StorageLocation(bucket=bucket.name, root="r", endpoint=bucket.server.host_endpoint)
    store = open_bucket(location, threading.Event())  # type: ignore[arg-type]
    assert store.put_once("r/result.json", b"{}") and not store.put_once("r/result.json", b"{}")
    assert bucket.get("r/result.json") == b"{}"
    own_session.cache_clear()
    server.shutdown()


def _granted(storage: dict[str, Any]) -> dict[str, str]:
    return {name: storage[name] for name in ("bucket", "endpoint", "prefix")}

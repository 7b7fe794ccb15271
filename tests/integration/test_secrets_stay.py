"""Keys of a storage are seen nowhere but in their Secret: not in logs, Events, objects, metrics or the bucket."""

from __future__ import annotations

import base64
import json
import re

import pytest
from tests.support.bucket import SECRET, Bucket
from tests.support.kube import COLLECTIONS, Kube, condition
from tests.support.operator_process import Operator
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

WRONG_ID, WRONG_KEY = "CANARYKEYID0WRONG", "canary/key+that=is/wrong"


def forms(*values: str) -> re.Pattern[bytes]:
    """Return a pattern of all the forms that values may be written in."""
    written = {form for value in values for form in (value, base64.b64encode(value.encode()).decode())}
    quoted = {json.dumps(form).strip('"') for form in written}
    return re.compile("|".join(map(re.escape, sorted(written | quoted))).encode())


def everything(kube: Kube, operator: Operator, bucket: Bucket) -> dict[str, bytes]:
    """Return all that others may read, by where it is."""
    found = {f"{plural} of Kubernetes": json.dumps(kube.list(plural)).encode() for plural in COLLECTIONS}
    found["the operator's log"] = operator.log.read_bytes()
    found["the operator's metrics"] = operator.metrics().encode()
    for pod in kube.list("pods"):
        name = pod["metadata"]["name"]
        found[f"log of pod {name}"] = kube.kubectl("logs", name, check=False).encode()
    keys = bucket.keys()
    for key in keys:
        found[f"object {key}"] = key.encode() + bucket.get(key)
    return found


def test_keys_are_seen_nowhere(kube: Kube, operator: Operator, bucket: Bucket, wait_for: Waiter) -> None:
    operator.restart(LOG_LEVEL="DEBUG", METRICS_PER_SEARCH="true")
    # First with keys that the server denies, as its answers and what is made of them come from many places.
    wrong = bucket.secret(secret_key=WRONG_KEY)
    wrong["stringData"]["accessKeyID"] = WRONG_ID
    kube.apply(wrong)
    kube.apply(fault_search("canary", trials=2, storage=bucket.storage()))
    denied = wait_for.condition("canary", "StorageReady", reason="AccessDenied", timeout=60)
    assert f"Secret '{SECRET}'" in denied["message"], "it names the Secret, not what is in it"
    kube.apply(bucket.secret())
    # A trial that crashes has the end of its log on record.
    failing = fault_search("failing", "--exit=1", trials=1, storage=bucket.storage(), template={"maxAttempts": 1})
    kube.apply(failing)
    wait_for.condition("canary", "Succeeded", timeout=120)
    wait_for.condition("failing", "Failed", timeout=120)
    secrets = forms(WRONG_ID, WRONG_KEY, bucket.server.access_key, bucket.server.secret_key)
    places = everything(kube, operator, bucket)
    assert {"pods of Kubernetes", "the operator's log"} <= set(places) and any("result.json" in p for p in places)
    assert SECRET.encode() in places["jobs of Kubernetes"], "Jobs name the Secret"
    assert [place for place, content in places.items() if secrets.search(content)] == []
    # The search itself is able to find them.
    assert secrets.search(kube.kubectl("get", "secret", SECRET, "--output=json").encode())
    assert condition(kube.search("canary"), "StorageReady")["status"] == "True"

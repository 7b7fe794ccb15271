from __future__ import annotations

from typing import Any

import pytest
from tests.support.policies import policy

from nas_core.api.storage import Storage
from nas_operator.limits.endpoints import storage_refusal, tracking_refusal

KEYS: dict[str, Any] = {"secretRef": {"name": "keys"}}


@pytest.mark.parametrize(
    ("allowed", "storage", "fits"),
    [
        (["s3.example.com"], {"endpoint": "https://s3.example.com"}, True),
        (["s3.example.com"], {"endpoint": "https://s3.example.org"}, False),
        (["s3.example.com"], {"endpoint": "http://s3.example.com:9000"}, False),
        (["10.0.0.0/8:*"], {"endpoint": "http://10.1.2.3:9000"}, True),
        (["s3.eu-central-1.amazonaws.com"], {"region": "eu-central-1"}, True),
        (["s3.eu-central-1.amazonaws.com"], {}, False),
        (["s3.*.amazonaws.com.cn"], {"region": "cn-north-1"}, True),
        ([], {}, False),
        (None, {"endpoint": "https://s3.example.org"}, True),
    ],
)
def test_servers(allowed: list[str] | None, storage: dict[str, str], fits: bool) -> None:
    fault = storage_refusal([policy(allowedStorageEndpoints=allowed)], Storage(bucket="nas", **KEYS, **storage))
    assert (fault is None) is fits
    if fault:
        assert fault.reason == "EndpointNotAllowed"
        assert fault.message.startswith("NASPolicy team (allowedStorageEndpoints) does not allow '")


@pytest.mark.parametrize("allowed", [None, ["mlflow.example.com"], ["*.example.com:*"]])
def test_a_server_of_tracking_that_is_named(allowed: list[str] | None) -> None:
    policies = [policy(allowedTrackingEndpoints=allowed)]
    assert tracking_refusal(policies, "spec.tracking.mlflow.endpoint", "https://mlflow.example.com") is None


def test_a_server_of_tracking_that_is_not_named() -> None:
    policies = [policy(allowedTrackingEndpoints=["a.example.com"])]
    why = tracking_refusal(policies, "spec.tracking.mlflow.endpoint", "https://b.example.com")
    assert why and why.startswith("NASPolicy team (allowedTrackingEndpoints) does not allow 'https://b.example.com'")
    assert "spec.tracking.mlflow.endpoint" in why


def test_the_region_is_what_is_wrong_where_there_is_no_endpoint() -> None:
    fault = storage_refusal([policy(allowedStorageEndpoints=["x"])], Storage(bucket="nas", **KEYS))
    assert fault and "'us-east-1 (https://s3.us-east-1.amazonaws.com)' in storage.region; allowed: x." in fault.message


def test_a_bucket_without_a_key_needs_a_grant() -> None:
    fault = storage_refusal([], Storage(bucket="nas"))
    assert fault and fault.reason == "IdentityNotGranted" and "name a Secret" in fault.message
    assert storage_refusal([policy(grants={"buckets": [{"bucket": "nas"}]})], Storage(bucket="nas")) is None

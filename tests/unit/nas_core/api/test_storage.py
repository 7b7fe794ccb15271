from __future__ import annotations

import pytest
from pydantic import ValidationError

from nas_core.api.storage import BucketAddress


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://s3",
        "https://s3.example.com",
        "https://S3.Example.com.:9000/tenant/a",
        "http://10.244.0.1:8333",
        "http://[::1]:9000",
        "https://a--b.xn--nxasmq6b/",
    ],
)
def test_endpoints_of_servers(endpoint: str) -> None:
    assert BucketAddress(bucket="nas", endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "s3:9000",
        "ftp://s3",
        "http://",
        "http://a_b:1",
        "https://[::1",
        "http://foo..bar:99999",
        "http://foo:999999",
        "http://-foo",
        "http://foo:",
        "http://user@foo",
        "http://foo/?query",
        "http://foo/a b",
        "http://" + "a" * 64,
    ],
)
def test_what_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="endpoint"):
        BucketAddress(bucket="nas", endpoint=endpoint)


@pytest.mark.parametrize("region", ["us-east-1", "minio", "x", "0"])
def test_regions(region: str) -> None:
    assert BucketAddress(bucket="nas", region=region).region == region


@pytest.mark.parametrize("region", ["", "-", "us-", "-us", "US", "us_east", "us east"])
def test_what_is_no_region(region: str) -> None:
    with pytest.raises(ValidationError, match="region"):
        BucketAddress(bucket="nas", region=region)

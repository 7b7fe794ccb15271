from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    SSLError,
)

from nas_storage.explain import KeysOf, explain


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (refused("NoSuchBucket"), "BucketNotFound", ("storage.bucket 'nas'", "http://s3", "create it or correct")),
        (refused("AccessDenied"), "AccessDenied", ("Secret 'keys'", "(AccessDenied)", "correct accessKeyID")),
        (refused("SignatureDoesNotMatch"), "AccessDenied", ("Secret 'keys'", "bucket 'nas'")),
        (refused("403"), "AccessDenied", ("Secret 'keys'",)),
        (refused("SlowDown"), "StorageError", ("answered SlowDown", "trying again")),
        (ClientError({}, "GetObject"), "StorageError", ("answered an error",)),
        (EndpointConnectionError(endpoint_url="http://s3"), "StorageUnreachable", ("check storage.endpoint, or wait",)),
        (ConnectTimeoutError(endpoint_url="http://s3"), "StorageUnreachable", ("does not answer (ConnectTimeout",)),
        (
            SSLError(endpoint_url="http://s3", error=OSError("unknown CA")),
            "StorageUnreachable",
            ("unknown CA", "storage.caBundle"),
        ),
        (
            ParamValidationError(report="Key: too short"),
            "StorageError",
            ("bucket 'nas'", "too short", "storage.prefix"),
        ),
        (ConnectionResetError(), "StorageUnreachable", ("does not answer",)),
    ],
)
def test_every_error_names_what_is_wrong_and_the_remedy(
    error: ClientError, reason: str, words: tuple[str, ...]
) -> None:
    fault = explain(error, "nas", "http://s3", KeysOf("Secret 'keys'"))
    assert fault.reason == reason and str(fault) == fault.message
    for word in words:
        assert word in fault.message


def test_without_an_endpoint_it_is_amazon() -> None:
    assert "Amazon S3" in explain(refused("NoSuchBucket"), "nas", None, KeysOf()).message

"""Asking for short-lived keys, beside servers that have no STS or no respect for a policy; a real one is elsewhere."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from tests.support.strange_server import StrangeServer, answering

from nas_core.api.storage import BucketAddress
from nas_core.reasons import StorageReason
from nas_storage.allowed_endpoints import AllowedEndpoints
from nas_storage.credentials import Credentials
from nas_storage.exchange import _HTTP
from nas_storage.explain import KeysOf
from nas_storage.faults import StorageFault
from nas_storage.policy import Policy
from nas_storage.session import SESSION_S, Session, open_session, require_limits, sts_endpoint

KEYS, POLICY, SERVERS = Credentials("key", "secret"), Policy(call_s=20.0), AllowedEndpoints.of(["127.0.0.1:*"])
GIVEN = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>short</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2026-01-02T03:04:05Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
DENIED = b"<Error><Code>AccessDenied</Code></Error>"
SESSION = Session(Credentials("ASIA1", "short", "token"), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def opened(server: StrangeServer, role: str | None = None, servers: AllowedEndpoints = SERVERS) -> Session:
    address = BucketAddress(bucket="nas", endpoint=server.url)
    return open_session(address, KEYS, role, "search-00000-a1" * 9, "{}", POLICY, KeysOf("Secret 'keys'"), servers)


@pytest.mark.parametrize("role", [None, "arn:aws:iam::123456789012:role/trials"])
def test_keys_are_asked_for_with_a_policy_and_a_role_where_there_is_one(
    role: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    send = _HTTP.send

    def spied(self: _HTTP, content: bytes) -> None:
        sent.append(content)
        send(self, content)

    monkeypatch.setattr(_HTTP, "send", spied)
    with StrangeServer(answering(GIVEN)) as server:
        assert opened(server, role) == SESSION
        assert server.requests == ["POST / HTTP/1.1"]
    asked = {name: value for name, [value] in parse_qs(b"".join(sent).rpartition(b"\r\n\r\n")[2].decode()).items()}
    assert asked["Action"] == "AssumeRole" and asked["Policy"] == "{}" and asked.get("RoleArn") == role
    assert asked["DurationSeconds"] == str(SESSION_S) and len(asked["RoleSessionName"]) == 64
    assert "secret" not in repr(SESSION) and "token" not in repr(SESSION).replace("session_token", "")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        ("403 Forbidden", DENIED, "HTTP status 403"),
        (
            "400 Bad Request",
            b"<ErrorResponse><Error><Code>MalformedPolicyDocument</Code></Error></ErrorResponse>",
            "Malf",
        ),
        ("501 Not Implemented", b"<Error><Code>NotImplemented</Code></Error>", "HTTP status 501"),
        ("405 Method Not Allowed", b"", "no answer of STS"),
        ("200 OK", b"<html>welcome</html>", "no answer of STS"),
        ("200 OK", b"hello", "no answer of STS"),
        ("200 OK", GIVEN.replace(b"SessionToken", b"Other"), "no answer of STS"),
    ],
)
def test_a_server_that_gives_none_is_named_with_the_remedy(status: str, body: bytes, words: str) -> None:
    with StrangeServer(answering(body, status)) as server, pytest.raises(StorageFault) as raised:
        opened(server)
    fault = raised.value
    assert fault.reason == StorageReason.SESSION_REFUSED and not fault.passing
    assert words in fault.message and "Secret 'keys'" in fault.message
    assert "storage.roleARN" in fault.message and "remove scoped" in fault.message


def test_what_passes_is_said_as_of_any_call() -> None:
    with StrangeServer(answering(b"", "503 Slow Down")) as server, pytest.raises(StorageFault) as raised:
        opened(server)
    assert raised.value.reason == StorageReason.STORAGE_ERROR and raised.value.passing


def test_no_server_is_asked_that_is_not_allowed() -> None:
    with StrangeServer(answering(GIVEN)) as server:
        with pytest.raises(StorageFault) as raised:
            opened(server, servers=AllowedEndpoints.of(["s3.example.com"]))
        assert raised.value.reason == StorageReason.ENDPOINT_NOT_ALLOWED and not server.requests


@pytest.mark.parametrize(
    ("endpoint", "sts"),
    [
        (None, None),
        ("https://s3.eu-west-1.amazonaws.com", None),
        ("https://s3.cn-north-1.amazonaws.com.cn", None),
        ("http://minio.storage.svc:9000", "http://minio.storage.svc:9000"),
        ("https://s3.amazonaws.com.example.com", "https://s3.amazonaws.com.example.com"),
    ],
)
def test_sts_is_at_the_endpoint_or_amazons_of_the_region(endpoint: str | None, sts: str | None) -> None:
    assert sts_endpoint(BucketAddress(bucket="nas", endpoint=endpoint)) == sts


def test_a_session_that_is_denied_other_objects_is_limited() -> None:
    with StrangeServer(answering(DENIED, "403 Forbidden")) as server:
        require_limits(BucketAddress(bucket="nas", endpoint=server.url), SESSION, "other", POLICY, SERVERS)


NOBODY_DENIES = [(b"x", "206 Partial Content"), (b"<Error><Code>NoSuchKey</Code></Error>", "404 Not Found")]


@pytest.mark.parametrize(("body", "status"), NOBODY_DENIES)
def test_one_that_is_not_denied_them_is_not_limited(body: bytes, status: str) -> None:
    with StrangeServer(answering(body, status)) as server, pytest.raises(StorageFault) as raised:
        require_limits(BucketAddress(bucket="nas", endpoint=server.url), SESSION, "other", POLICY, SERVERS)
    assert raised.value.reason == StorageReason.SESSION_NOT_LIMITED
    assert "take a server that keeps to it" in raised.value.message


def test_nor_is_one_that_may_list_them() -> None:
    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        listing = b"list-type=2" in head.split(b"\r\n", 1)[0]
        body, status = (b"<ListBucketResult/>", "200 OK") if listing else (DENIED, "403 Forbidden")
        answering(body, status)(server, connection, head)

    with StrangeServer(answer) as server, pytest.raises(StorageFault) as raised:
        require_limits(BucketAddress(bucket="nas", endpoint=server.url), SESSION, "other", POLICY, SERVERS)
    assert raised.value.reason == StorageReason.SESSION_NOT_LIMITED

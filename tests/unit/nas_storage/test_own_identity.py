from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.strange_server import StrangeServer, answering

from nas_core.api.storage import BucketAddress
from nas_core.reasons import StorageReason
from nas_storage.bucket import Bucket
from nas_storage.credentials import Credentials
from nas_storage.explain import KeysOf
from nas_storage.faults import StorageFault
from nas_storage.own_identity import own_session

LIST = b"<ListBucketResult/>"
OPERATOR = KeysOf("the operator's own identity", denied="allow it", missing="bind it")


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Each test is a process that has only what it sets."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    own_session.cache_clear()
    yield
    own_session.cache_clear()


def until(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Storage:
    """A server that takes whatever key it is shown, and remembers them."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.server = StrangeServer(self._answer)

    def _answer(self, server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        self.heads.append(head.decode())
        answering(LIST)(server, connection, head)

    def bucket(self, credentials: Credentials | None = None) -> Bucket:
        address = BucketAddress(bucket="nas", endpoint=self.server.url)
        return Bucket(address, credentials, keys=OPERATOR)


@pytest.fixture
def storage() -> Iterator[Storage]:
    found = Storage()
    with found.server:
        yield found


def test_an_agent_gives_credentials_and_is_asked_again_before_they_end(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # EKS Pod Identity: the second key comes when the first is about to end.
    given = iter((("FIRST", 1.0), ("SECOND", 60.0)))

    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        key, minutes = next(given)
        found = {"AccessKeyId": key, "SecretAccessKey": "s", "Token": f"token-of-{key}", "Expiration": until(minutes)}
        answering(json.dumps(found).encode())(server, connection, head)

    with StrangeServer(answer) as agent:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{agent.url}/v1/credentials")
        bucket = storage.bucket()
        for _ in range(3):
            bucket.probe("p")
    assert len(agent.requests) == 2
    assert all("Credential=SECOND/" in head and "token-of-SECOND" in head for head in storage.heads)
    assert len(storage.heads) == 3


def test_keys_of_a_process_that_have_ended_are_waited_for(storage: Storage, tmp_path: Path) -> None:
    # storage.scoped: the kubelet brings the next ones into the pod.
    def write(key: str, minutes: float) -> None:
        found = {
            "Version": 1,
            "AccessKeyId": key,
            "SecretAccessKey": "s",
            "SessionToken": "t",
            "Expiration": until(minutes),
        }
        (tmp_path / "keys.json").write_text(json.dumps(found))

    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path}/keys.json\n")
    write("FIRST", -5)
    with pytest.raises(StorageFault) as raised:
        storage.bucket().probe("p")
    assert raised.value.reason == StorageReason.NO_IDENTITY and raised.value.passing
    assert not storage.heads
    write("SECOND", 60)
    storage.bucket().probe("p")
    assert "Credential=SECOND/" in storage.heads[0]


def test_a_token_of_the_account_is_exchanged(storage: Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # IRSA, with the variables that its webhook sets.
    token = tmp_path / "token"
    token.write_text("a-token")
    answer = (
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        f"<Expiration>{until(60)}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
        "</AssumeRoleWithWebIdentityResponse>"
    )
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/nas")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    with StrangeServer(answering(answer.encode())) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        storage.bucket().probe("p")
    assert "Credential=ROLE/" in storage.heads[0]


@pytest.mark.parametrize(
    ("status", "code", "passing"), [("403 Forbidden", "AccessDenied", False), ("503 No", "ServiceUnavailable", True)]
)
def test_a_token_service_that_gives_none_is_told(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: str, code: str, passing: bool
) -> None:
    token = tmp_path / "token"
    token.write_text("a-token")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/nas")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    body = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>".encode()
    with StrangeServer(answering(body, status)) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        with pytest.raises(StorageFault) as raised:
            storage.bucket().probe("p")
    fault = raised.value
    assert (fault.reason, fault.passing) == (StorageReason.NO_IDENTITY, passing)
    assert fault.message == (
        "there are no credentials of the operator's own identity (AssumeRoleWithWebIdentity was answered with "
        f"{code}); bind it"
    )
    assert "a-token" not in fault.message + fault.detail and not storage.heads


def test_without_any_identity_nothing_is_sent(storage: Storage) -> None:
    with pytest.raises(StorageFault, match=r"the operator's own identity \(none are found\); bind it"):
        storage.bucket().probe("p")
    assert not storage.heads


def test_an_agent_that_does_not_answer_may_answer_later(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/")
    with pytest.raises(StorageFault) as raised:
        storage.bucket().probe("p")
    assert raised.value.reason == StorageReason.NO_IDENTITY and raised.value.passing


def test_a_key_is_used_beside_the_identity(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    storage.bucket().probe("p")
    storage.bucket(Credentials("TEAM", "s")).probe("p")
    assert ["Credential=OWN/" in head for head in storage.heads] == [True, False]
    assert "Credential=TEAM/" in storage.heads[1]


def test_what_the_storage_denies_an_identity_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    denied = answering(b"<Error><Code>AccessDenied</Code></Error>", "403 Forbidden")
    with StrangeServer(denied) as server:
        bucket = Bucket(BucketAddress(bucket="nas", endpoint=server.url), None, keys=OPERATOR)
        with pytest.raises(StorageFault, match=r"the operator's own identity .*\(AccessDenied\); allow it"):
            bucket.probe("p")

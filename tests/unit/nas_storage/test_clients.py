from __future__ import annotations

import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

from nas_core.api.storage import BucketAddress, Storage
from nas_storage.clients import CLIENTS, Clients, Connection
from nas_storage.credentials import Credentials
from nas_storage.exchange import _HTTPPool, _HTTPSPool
from nas_storage.faults import StorageFault
from nas_storage.policy import Policy


def connection(number: int = 0, ca_bundle: str | None = None) -> Connection:
    address = BucketAddress(bucket="nas", endpoint="http://127.0.0.1:1", ca_bundle=ca_bundle)
    return Connection.of(address, Credentials(f"key{number}", "secret"), Policy())


def test_buckets_of_one_server_and_key_share_a_client() -> None:
    clients, keys = Clients(), Credentials("key", "secret")
    storages = [Storage(bucket=name, prefix=name, endpoint="http://s3") for name in ("one", "two")]
    with (
        clients.lend(Connection.of(storages[0], keys, Policy())) as first,
        clients.lend(Connection.of(storages[1], keys, Policy())) as second,
    ):
        assert first is second


def test_only_those_used_last_are_kept() -> None:
    clients = Clients(most=2)

    def lent(number: int) -> int:
        with clients.lend(connection(number)) as client:
            return id(client)

    with clients.lend(connection(0)) as kept:
        lent(1), lent(0), lent(2)
        assert lent(0) == id(kept), "1 was used before 0, so it went"


def test_certificates_go_with_their_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    clients = Clients(most=2)
    for number in range(20):
        with clients.lend(connection(ca_bundle=f"-----BEGIN CERTIFICATE----- {number}")):
            pass
    assert sorted(path.read_text()[-2:] for path in tmp_path.iterdir()) == ["18", "19"]


def test_a_client_in_use_keeps_its_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    clients = Clients(most=1)
    with clients.lend(connection(ca_bundle="first")):
        with clients.lend(connection(ca_bundle="second")):
            assert len(list(tmp_path.iterdir())) == 2
        assert len(list(tmp_path.iterdir())) == 2, "the first is dropped but still used"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["second"]


def test_another_key_costs_little() -> None:
    """13 MB each when every client had a session of its own."""
    clients = Clients()
    with clients.lend(connection(0)):
        pass
    tracemalloc.start()
    try:
        for number in range(1, 6):
            with clients.lend(connection(number)):
                pass
        assert tracemalloc.get_traced_memory()[0] / 5 < 2e6
    finally:
        tracemalloc.stop()


def test_every_client_has_bounded_connections() -> None:
    with CLIENTS.lend(connection()) as client:
        session = client._endpoint.http_session  # type: ignore[attr-defined]
    assert type(session) is URLLib3Session
    assert session._manager.pool_classes_by_scheme == {"http": _HTTPPool, "https": _HTTPSPool}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint", "http://a_b:1"),
        ("endpoint", "https://[::1"),
        ("endpoint", "http://[:::::]"),
        ("region", "-"),
        ("region", "0"),
    ],
)
def test_a_client_that_cannot_be_made_names_the_field_and_leaves_no_file(
    field: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    changed: dict[str, Any] = {field: value}
    wrong = replace(connection(ca_bundle="-----BEGIN CERTIFICATE-----"), **changed)
    for _ in range(3):
        with pytest.raises(StorageFault) as fault, Clients().lend(wrong):
            pass
    assert (fault.value.reason, fault.value.passing) == ("StorageError", False)
    assert f"storage.{field} " in fault.value.message and value in fault.value.message
    assert not list(tmp_path.iterdir())

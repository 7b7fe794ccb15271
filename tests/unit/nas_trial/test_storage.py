"""What the trainer does when its storage does not answer; the real one is in the integration tests."""

from __future__ import annotations

import socket

import pytest
from tests.support.strange_server import StrangeServer, answering

from nas_core.contract import StorageLocation
from nas_storage.faults import NotFound
from nas_trial.errors import StorageUnavailable
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> StorageLocation:
    """A location where nobody listens."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return StorageLocation(bucket="nas", root="r", endpoint=f"http://127.0.0.1:{port}")


class Impatient(StopFlag):
    """Counts the pauses in place of making them."""

    pauses: list[float]

    def __init__(self) -> None:
        super().__init__()
        self.pauses = []

    def wait(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        if len(self.pauses) == 8:
            self.set()
        return False


def test_it_is_tried_again_with_growing_pauses(nobody: StorageLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Impatient()
    monkeypatch.setattr("nas_trial.storage.STOPPING_PATIENCE_S", 0.0)
    with pytest.raises(StorageUnavailable, match=r"the storage did not answer for \d+ s: .*Could not connect"):
        open_bucket(nobody, stop).get("k")
    assert stop.pauses == [0.5, 1, 2, 4, 8, 10, 10, 10]


def test_patience_ends(nobody: StorageLocation) -> None:
    stop = Impatient()
    with pytest.raises(StorageUnavailable):
        open_bucket(nobody, stop, patience_s=0.0).put("k", b"")
    assert stop.pauses == []


def test_what_cannot_pass_is_not_tried_again(nobody: StorageLocation) -> None:
    stop = Impatient()
    for code, status in (("AccessDenied", "403 Forbidden"), ("InvalidRange", "416 No")):
        with StrangeServer(answering(f"<Error><Code>{code}</Code></Error>".encode(), status)) as server:
            with pytest.raises(StorageUnavailable, match=f"the storage cannot be used: {code} in bucket 'nas'"):
                open_bucket(nobody.model_copy(update={"endpoint": server.url}), stop).get("k")
            asked = [line for line in server.requests if "list-type" not in line]
            assert len(asked) == 1 and stop.pauses == []


def test_what_is_not_there_is_not_found(nobody: StorageLocation) -> None:
    for code in ("NoSuchKey", "NoSuchBucket"):
        with StrangeServer(answering(f"<Error><Code>{code}</Code></Error>".encode(), "404 No")) as server:
            store = open_bucket(nobody.model_copy(update={"endpoint": server.url}), StopFlag(), "other")
            with pytest.raises(NotFound, match="in bucket 'other'"):
                store.get("k")


def test_a_storage_that_comes_back_is_used(nobody: StorageLocation) -> None:
    stop = Impatient()

    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        first = len(server.requests) == 1
        answering(b"" if first else b"content", "503 Slow Down" if first else "200 OK")(server, connection, head)

    with StrangeServer(answer) as server:
        assert open_bucket(nobody.model_copy(update={"endpoint": server.url}), stop).get("k") == b"content"
    assert stop.pauses == [0.5]

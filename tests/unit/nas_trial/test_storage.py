"""What the trainer does when its storage does not answer; the real one is in the integration tests."""

from __future__ import annotations

import socket

import pytest

from nas_core.contract import StorageLocation
from nas_trial.errors import StorageUnavailable
from nas_trial.process.stop import StopFlag
from nas_trial.storage import S3Store


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
        S3Store(nobody, stop).get("k")
    assert stop.pauses == [0.5, 1, 2, 4, 8, 10, 10, 10]


def test_patience_ends(nobody: StorageLocation) -> None:
    stop = Impatient()
    with pytest.raises(StorageUnavailable):
        S3Store(nobody, stop, patience_s=0.0).put("k", b"")
    assert stop.pauses == []

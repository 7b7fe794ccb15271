from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.factories import raw_trial, search

from nas_client import ledger
from nas_client.errors import InvalidInput
from nas_client.ledger import Ledgers, restored
from nas_core.api.search_status import LedgerStatus
from nas_core.api.storage import BucketAddress
from nas_core.records.ledger import Segment, write_segment
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_storage.faults import NotFound

ROOT = "ns/s/uid-s"


class Stored:
    """A bucket that notes how it was opened, and what was read."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.addresses: list[BucketAddress] = []
        self.asked: list[str] = []

    def open(self, address: BucketAddress) -> Stored:
        self.addresses.append(address)
        return self

    def get(self, key: str, limit: int) -> bytes:
        self.asked.append(key)
        if key not in self.objects:
            raise NotFound(key)
        return self.objects[key]


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Stored:
    stored = Stored()
    monkeypatch.setattr(ledger, "open_bucket", stored.open)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    return stored


def segment(stored: Stored, before: LedgerStatus | None, *indices: int) -> Segment:
    ended = {"sequence": 1, "conditions": []}
    made = write_segment(search(), before, [TrialView.of(raw_trial(index, ended)) for index in indices])
    stored.objects[made.key(ROOT)] = made.content
    return made


def kept(status: LedgerStatus | None) -> ReadableSearch:
    found = search(storage={"bucket": "nas", "endpoint": "http://s3.inside:9000", "trialHistory": 1})
    return replace(found, status=found.status.model_copy(update={"ledger": status}))


def test_a_ledger_is_read_where_there_is_one(stored: Stored) -> None:
    first = segment(stored, None, 0, 1)
    assert Ledgers().trials(kept(None)) == () and stored.asked == []
    assert [trial.spec.index for trial in Ledgers().trials(kept(first.after))] == [0, 1]


def test_a_segment_is_read_once(stored: Stored) -> None:
    first = segment(stored, None, 0, 1)
    second = segment(stored, first.after, 2)
    ledgers = Ledgers()
    ledgers.trials(kept(first.after))
    assert [trial.spec.index for trial in ledgers.trials(kept(second.after))] == [0, 1, 2]
    assert stored.asked == [first.key(ROOT), second.key(ROOT)]


def test_the_environment_says_how_the_server_is_reached_from_here(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = segment(stored, None, 0, 1)
    Ledgers().trials(kept(first.after))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://localhost:9000")
    Ledgers().trials(kept(first.after))
    assert [one.endpoint for one in stored.addresses] == ["http://s3.inside:9000", "http://localhost:9000"]
    assert stored.addresses[1].bucket == "nas"


def test_what_is_not_there_is_told_with_what_to_do(stored: Stored) -> None:
    first = segment(stored, None, 0, 1)
    stored.objects.clear()
    with pytest.raises(InvalidInput, match=rf"s3://nas/{ROOT}/ledger/000001.*AWS_ACCESS_KEY_ID"):
        Ledgers().trials(kept(first.after))


def test_a_search_is_restored_from_what_it_has_left(stored: Stored) -> None:
    first = segment(stored, None, 0, 2)
    second = write_segment(search(), first.after, [], [TrialView.of(raw_trial(1))])
    stored.objects |= {second.key(ROOT): second.content, f"{ROOT}/ledger/head.json.gz": second.head}
    state = restored(f"s3://nas/{ROOT}/")
    assert [(trial.spec.index, trial.recorded) for trial in state.trials] == [(0, True), (1, False), (2, True)]
    assert state.spec == search().spec and state.status.ledger == second.after


def test_a_place_without_a_ledger_is_told(stored: Stored) -> None:
    with pytest.raises(InvalidInput, match=r"no search has left a ledger there.*status\.storageRoot"):
        restored("s3://nas/ns/s/another")
    stored.objects[f"{ROOT}/ledger/head.json.gz"] = b"nothing"
    with pytest.raises(InvalidInput, match="its ledger cannot be read: the head cannot be read"):
        restored(f"s3://nas/{ROOT}")

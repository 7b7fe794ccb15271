from __future__ import annotations

import json

import pytest
from tests.support.results import candidates

from nas_core.contract import TrialResult
from nas_core.layout import result_key
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import StorageUnavailable
from nas_trial.work.result import forget, record, recorded

RESULT = TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.9}, epochs=3, attempt=1)


def test_the_first_result_stands(store: DirectoryStore) -> None:
    assert recorded(store, "root", "t-0") is None
    assert record(store, "root", "t-0", RESULT) == RESULT
    later = RESULT.model_copy(update={"metrics": {"val_accuracy": 0.1}, "attempt": 2})
    assert record(store, "root", "t-0", later) == RESULT
    assert recorded(store, "root", "t-0") == RESULT
    assert json.loads(store.get(result_key("root", "t-0")))["metrics"] == {"val_accuracy": 0.9}


def test_a_result_that_is_forgotten_makes_room_for_the_next(store: DirectoryStore) -> None:
    forget(store, "root", "t-0")
    record(store, "root", "t-0", RESULT)
    forget(store, "root", "t-0")
    later = RESULT.model_copy(update={"attempt": 2})
    assert record(store, "root", "t-0", later) == later


def test_a_result_outlives_a_storage_that_is_away(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(key: str, content: bytes) -> bool:
        raise StorageUnavailable("away")

    monkeypatch.setattr(store, "put_once", away)
    assert record(store, "root", "t-0", RESULT) == RESULT
    few = RESULT.model_copy(update={"candidates": candidates(2, 3)})
    assert record(store, "root", "t-0", few) == few
    many = RESULT.model_copy(update={"candidates": candidates(20, 20)})
    with pytest.raises(StorageUnavailable):
        record(store, "root", "t-0", many)


@pytest.mark.parametrize("broken", [b"", b"{", b"\xff\xfe", b'{"outcome": "Danced"}', b"[" * 5000], ids=repr)
def test_a_stored_result_that_is_broken_counts_as_absent_and_is_replaced(broken: bytes, store: DirectoryStore) -> None:
    store.put(result_key("root", "t-0"), broken)
    assert recorded(store, "root", "t-0") is None
    assert record(store, "root", "t-0", RESULT) == RESULT
    assert recorded(store, "root", "t-0") == RESULT

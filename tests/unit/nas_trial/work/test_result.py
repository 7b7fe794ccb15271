from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.bundles import CASES, trial_of
from tests.support.results import candidates

from nas_core.contract import TrialResult
from nas_core.layout import result_key
from nas_storage.directory_store import DirectoryStore
from nas_trial.errors import StorageUnavailable
from nas_trial.work.result import forget, record, recorded, result_place

KEY = result_key("root", "t-0")
RESULT = TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.9}, epochs=3, attempt=1)


def test_the_first_result_stands(store: DirectoryStore) -> None:
    assert recorded(store, KEY) is None
    assert record(store, KEY, RESULT) == RESULT
    later = RESULT.model_copy(update={"metrics": {"val_accuracy": 0.1}, "attempt": 2})
    assert record(store, KEY, later) == RESULT
    assert recorded(store, KEY) == RESULT
    assert json.loads(store.get(KEY))["metrics"] == {"val_accuracy": 0.9}


def test_a_result_that_is_forgotten_makes_room_for_the_next(store: DirectoryStore) -> None:
    forget(store, KEY)
    record(store, KEY, RESULT)
    forget(store, KEY)
    later = RESULT.model_copy(update={"attempt": 2})
    assert record(store, KEY, later) == later


def test_a_result_outlives_a_storage_that_is_away(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(key: str, content: bytes) -> bool:
        raise StorageUnavailable("away")

    monkeypatch.setattr(store, "put_once", away)
    assert record(store, KEY, RESULT) == RESULT
    few = RESULT.model_copy(update={"candidates": candidates(2, 3)})
    assert record(store, KEY, few) == few
    many = RESULT.model_copy(update={"candidates": candidates(20, 20)})
    with pytest.raises(StorageUnavailable):
        record(store, KEY, many)


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"\xff\xfe", b'{"outcome": "Danced"}', b"[" * 5000, b"1" * ((1 << 20) + 1)],
    ids=lambda broken: repr(broken[:20]),
)
def test_a_stored_result_that_is_broken_counts_as_absent_and_is_replaced(broken: bytes, store: DirectoryStore) -> None:
    store.put(KEY, broken)
    assert recorded(store, KEY) is None
    assert record(store, KEY, RESULT) == RESULT
    assert recorded(store, KEY) == RESULT


def test_the_result_of_a_model_lies_with_the_model_and_not_below_its_search(tmp_path: Path) -> None:
    model = {"name": "risk", "version": "v1", "prefix": "team/models/risk/v1-uid/", "source": {"trial": "small-0"}}
    trial = trial_of(CASES["table"], tmp_path)
    assert result_place(trial) == result_key("root", trial.identity.trial)
    asked = trial_of(CASES["table"], tmp_path, work="Export", model=model)
    assert result_place(asked) == "team/models/risk/v1-uid/result.json"

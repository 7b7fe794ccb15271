from __future__ import annotations

import pytest
from tests.support.factories import raw_pod, raw_search

from nas_backend.left_behind import left_behind, newest_checkpoint
from nas_core.api.storage import Storage
from nas_core.contract import TrialResult
from nas_core.layout import result_key, storage_location
from nas_core.reasons import StorageReason
from nas_core.records.pod import PodView
from nas_core.records.search import read_search
from nas_core.states import Outcome
from nas_storage.faults import ObjectTooLarge, StorageFault

SEARCH = read_search(raw_search(storage={"bucket": "nas"}))
STORAGE = Storage(bucket="nas")
KEY = result_key(storage_location(SEARCH.meta, STORAGE).root, "s-00000")
SUCCESS = '{"outcome":"Succeeded","metrics":{"val_accuracy":0.5}}'


class Stored:
    """Objects in memory."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = dict(objects)
        self.fault: Exception | None = None

    async def get(self, key: str) -> bytes | None:
        if self.fault:
            raise self.fault
        return self.objects.get(key)

    async def put_once(self, key: str, content: bytes) -> bytes:
        return self.objects.setdefault(key, content)

    async def newest(self, prefix: str, ending: str) -> str | None:
        return max((k for k in self.objects if k.startswith(prefix) and k.endswith(ending)), default=None)


def pod(message: str, exit_code: int = 0) -> PodView:
    terminated = {"exitCode": exit_code, "message": message}
    status = {"containerStatuses": [{"name": "trial", "state": {"terminated": terminated}}]}
    return PodView.of(raw_pod("s-00000-a1", "s-00000", status))


async def no_log(_: PodView) -> str | None:
    return "the end of the log"


async def test_a_reported_result_is_stored_once() -> None:
    stored = Stored()
    left = await left_behind(SEARCH.meta, STORAGE, stored, "s-00000", pod(SUCCESS), no_log)
    assert left.result is not None and left.result.metrics == {"val_accuracy": 0.5}
    assert TrialResult.model_validate_json(stored.objects[KEY]) == left.result
    assert left.log is None


async def test_what_is_stored_holds_whatever_a_later_attempt_reports() -> None:
    stored = Stored(**{KEY: b'{"outcome":"Succeeded","metrics":{"val_accuracy":0.9}}'})
    left = await left_behind(SEARCH.meta, STORAGE, stored, "s-00000", pod(SUCCESS), no_log)
    assert left.result is not None and left.result.metrics == {"val_accuracy": 0.9}


async def test_a_failure_is_not_stored_and_comes_with_the_log() -> None:
    stored = Stored()
    failure = '{"outcome":"Failed","reason":"OutOfMemory","message":"too wide"}'
    left = await left_behind(SEARCH.meta, STORAGE, stored, "s-00000", pod(failure, exit_code=1), no_log)
    assert left.result is not None and left.result.outcome == Outcome.FAILED
    assert (stored.objects, left.log) == ({}, "the end of the log")


async def test_what_is_no_result_is_explained() -> None:
    left = await left_behind(SEARCH.meta, None, None, "s-00000", pod("hello"), no_log)
    assert (left.result, left.fault) == (None, "it is no JSON object, but begins with 'hello'")


async def test_a_stored_result_that_is_too_large_is_the_trials_fault() -> None:
    stored = Stored()
    stored.fault = ObjectTooLarge(KEY, 10)
    left = await left_behind(SEARCH.meta, STORAGE, stored, "s-00000", None, no_log)
    assert left.result is not None and left.result.message.startswith("its result cannot be read: ")


async def test_a_storage_that_is_away_judges_nothing() -> None:
    stored = Stored()
    stored.fault = StorageFault(StorageReason.STORAGE_UNREACHABLE, "away")
    with pytest.raises(StorageFault):
        await left_behind(SEARCH.meta, STORAGE, stored, "s-00000", pod(SUCCESS), no_log)


async def test_the_newest_checkpoint_is_the_last_whole_one() -> None:
    root = storage_location(SEARCH.meta, STORAGE).root
    prefix = f"{root}/trials/s-00000/checkpoints/"
    names = ("e00001-s0000000-a001.json", "e00002-s0000000-a001.json", "e00003-s0000000-a001.safetensors")
    stored = Stored(**{prefix + name: b"" for name in names})
    address = await newest_checkpoint(SEARCH.meta, STORAGE, stored, "s-00000")
    assert address == f"s3://nas/{prefix}e00002-s0000000-a001.safetensors"
    assert await newest_checkpoint(SEARCH.meta, STORAGE, Stored(), "s-00000") is None

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from tests.support.factories import meta, raw_trial

from nas_backend.drop_checkpoints import AT_ONCE, drop_checkpoints
from nas_core.api.storage import Storage
from nas_core.reasons import StorageReason
from nas_core.records.trial import TrialView
from nas_local.objects import FolderObjects
from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import StorageFault

STORAGE = Storage(bucket="nas")
ROOT = "ns/s/uid-s/trials"
STEMS = ("e00001-s0000000-a001", "e00002-s0000000-a001", "e00003-s0000000-a002")


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Three checkpoints of two trials, and their results."""
    store = DirectoryStore(tmp_path)
    for trial in ("s-00000", "s-00001"):
        store.put(f"{ROOT}/{trial}/result.json", b"{}")
        for stem in STEMS:
            for ending in ("safetensors", "json"):
                store.put(f"{ROOT}/{trial}/checkpoints/{stem}.{ending}", b"x")
    return store


def trial(index: int, **status: Any) -> TrialView:
    return TrialView.of(raw_trial(index, status))


def address(index: int, stem: str) -> str:
    return f"s3://nas/{ROOT}/s-{index:05d}/checkpoints/{stem}.safetensors"


async def test_of_each_only_what_the_record_names_is_left(store: DirectoryStore) -> None:
    first = trial(0, checkpoints="DeletingOlder", checkpoint=address(0, STEMS[1]))
    second = trial(1, checkpoints="DeletingAll")
    for _ in range(2):  # whoever was killed before it was written down does it again
        assert await drop_checkpoints(meta("s"), STORAGE, FolderObjects(store), [first, second]) == {
            "s-00000", "s-00001"
        }  # fmt: skip
        assert store.keys(f"{ROOT}/") == [
            f"{ROOT}/s-00000/checkpoints/{STEMS[1]}.json",
            f"{ROOT}/s-00000/checkpoints/{STEMS[1]}.safetensors",
            f"{ROOT}/s-00000/result.json",
            f"{ROOT}/s-00001/result.json",
        ]


async def test_each_candidate_of_a_trial_keeps_its_own(store: DirectoryStore) -> None:
    candidates = [{"outcome": "Succeeded", "checkpoint": address(0, stem)} for stem in STEMS[:2]]
    shared = trial(0, checkpoints="DeletingOlder", candidates=candidates)
    await drop_checkpoints(meta("s"), STORAGE, FolderObjects(store), [shared])
    assert len(store.keys(f"{ROOT}/s-00000/checkpoints/")) == 4


class Slow:
    """Deletes nothing in time, or is away."""

    def __init__(self, fault: StorageFault | None = None) -> None:
        self.fault, self.asked = fault, 0

    async def delete_others(self, prefix: str, kept: Collection[str]) -> bool:
        self.asked += 1
        if self.fault:
            raise self.fault
        return False


async def test_what_is_not_gone_yet_is_not_done() -> None:
    slow = Slow()
    many = [trial(i, checkpoints="DeletingAll") for i in range(AT_ONCE + 5)]
    assert await drop_checkpoints(meta("s"), STORAGE, slow, many) == frozenset()
    assert slow.asked == AT_ONCE, "the others have their turn later"


async def test_a_storage_that_is_away_is_told() -> None:
    away = Slow(StorageFault(StorageReason.STORAGE_ERROR, "away"))
    with pytest.raises(StorageFault):
        await drop_checkpoints(meta("s"), STORAGE, away, [trial(0, checkpoints="DeletingAll")])

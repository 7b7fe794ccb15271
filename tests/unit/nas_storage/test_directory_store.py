from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nas_core.reasons import StorageReason
from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import NotFound, ObjectTooLarge, StorageFault


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "bucket")


def test_an_object_is_put_read_and_deleted(store: DirectoryStore) -> None:
    store.put("a/b.json", b"1")
    store.put("a/b.json", b"23")
    assert (store.get("a/b.json"), store.head("a/b.json", 1)) == (b"23", b"2")
    target = io.BytesIO()
    store.download("a/b.json", target)
    assert target.getvalue() == b"23"
    store.delete("a/b.json")
    store.delete("a/b.json")
    assert store.keys("") == []


def test_only_the_first_puts_an_object_once(store: DirectoryStore) -> None:
    put: list[bool] = []
    writers = [threading.Thread(target=lambda n=n: put.append(store.put_once("k", b"%d" % n))) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(put) == [False] * 7 + [True]
    assert len(store.get("k")) == 1


def test_keys_are_those_below_a_prefix(store: DirectoryStore) -> None:
    for key in ("s/trials/2/x", "s/trials/1/x", "s/other", "t/trials/1"):
        store.put(key, b"")
    assert store.keys("s/trials/") == ["s/trials/1/x", "s/trials/2/x"]
    assert store.keys("s/tr") == ["s/trials/1/x", "s/trials/2/x"]
    assert store.keys("absent/") == []


def test_a_tag_changes_with_the_content(store: DirectoryStore) -> None:
    store.put("k", b"1")
    before = store.tags("")
    store.put("k", b"2")
    assert before.keys() == store.tags("").keys()
    assert before != store.tags("")


def test_what_is_being_written_is_no_object(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "fsync", lambda handle: seen.append(store.keys("")))
    store.put("k", b"1")
    assert (seen, store.keys("")) == ([[]], ["k"])


@pytest.mark.parametrize("key", ["absent", "../outside", "a/../../outside", "/etc/hostname"])
def test_what_is_not_there_or_not_below_is_not_found(key: str, store: DirectoryStore) -> None:
    for call in (store.get, lambda k: store.head(k, 1), lambda k: store.download(k, io.BytesIO())):
        with pytest.raises(NotFound):
            call(key)


def test_no_more_is_read_than_may_be(store: DirectoryStore) -> None:
    store.put("k", b"123")
    assert store.get("k", 3) == b"123"
    with pytest.raises(ObjectTooLarge):
        store.get("k", 2)


def test_a_folder_that_cannot_be_used_is_a_fault_that_passes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotFound):
        DirectoryStore(tmp_path / "file").get("k")
    with pytest.raises(StorageFault, match=r"cannot be used \(File exists\); make room") as fault:
        DirectoryStore(tmp_path / "file").probe()
    assert (fault.value.reason, fault.value.passing) == (StorageReason.STORAGE_ERROR, True)


def test_the_patience_makes_each_call(tmp_path: Path) -> None:
    made: list[Any] = []

    def twice(call: Callable[[], Any]) -> Any:
        made.append(call())
        return call()

    DirectoryStore(tmp_path, twice).put("k", b"1")
    assert len(made) == 1

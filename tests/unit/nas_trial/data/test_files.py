from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.held_files import HeldFiles

from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import NotFound
from nas_trial.data import files as files_module
from nas_trial.data.cache import Cache
from nas_trial.data.files import BucketFiles, LocalFiles
from nas_trial.errors import CandidateRejected, DatasetInvalid, Stopped
from nas_trial.process.stop import StopFlag


@pytest.fixture
def full(store: DirectoryStore) -> DirectoryStore:
    for key in ("m/a.csv", "m/sub/b.png", "m2/c.csv"):
        store.put(key, key.encode())
    return store


def test_a_prefix_in_a_bucket(full: DirectoryStore) -> None:
    files = BucketFiles(full, "b", "m/", StopFlag())
    assert files.names == ("a.csv", "sub/b.png")
    assert files.read(["sub/b.png"]) == {"sub/b.png": b"m/sub/b.png"}
    assert files.label("a.csv") == "s3://b/m/a.csv"


def test_one_object_and_what_lies_beside_it(full: DirectoryStore) -> None:
    files = BucketFiles(full, "b", "m/a.csv", StopFlag())
    assert files.names == ("a.csv",)
    assert files.get("sub/b.png") == b"m/sub/b.png"
    assert files.label("a.csv") == "s3://b/m/a.csv"
    with pytest.raises(NotFound):
        files.get("sub/c.png")


def test_nothing_in_the_bucket(full: DirectoryStore) -> None:
    with pytest.raises(CandidateRejected, match=r"task.dataset.uri 's3://b/x': there is no object") as caught:
        BucketFiles(full, "b", "x", StopFlag())
    assert caught.value.reason == "DatasetNotFound"


def test_objects_are_cached_until_they_change(full: DirectoryStore, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert BucketFiles(full, "b", "m", StopFlag(), cache).get("a.csv") == b"m/a.csv"
    (full.directory / "m/a.csv").unlink()
    with pytest.raises(CandidateRejected):
        BucketFiles(full, "b", "m/a.csv", StopFlag(), cache)
    full.put("m/a.csv", b"new")
    files = BucketFiles(full, "b", "m", StopFlag(), cache)
    assert files.get("a.csv") == b"new"
    (full.directory / "m/a.csv").write_bytes(b"behind its back")
    assert files.get("a.csv") == b"new"


def test_a_directory_and_a_file_of_it(full: DirectoryStore) -> None:
    folder = LocalFiles(full.directory / "m", "task.dataset.path", StopFlag())
    assert folder.names == ("a.csv", "sub/b.png")
    file = LocalFiles(full.directory / "m/a.csv", "task.dataset.path", StopFlag())
    assert file.names == ("a.csv",) and file.get("sub/b.png") == b"m/sub/b.png"
    assert file.label("a.csv") == file.where == str(full.directory / "m/a.csv")
    with pytest.raises(CandidateRejected, match=r"task.dataset.path: there is no file at .*/none .*; correct the path"):
        LocalFiles(full.directory / "none", "task.dataset.path", StopFlag())


def test_what_cannot_be_read_is_named(full: DirectoryStore) -> None:
    with pytest.raises(DatasetInvalid, match=r"m/sub: cannot be read"):
        LocalFiles(full.directory / "m", "task.dataset.path", StopFlag()).get("sub")


def test_reading_ends_when_the_trial_is_stopped(full: DirectoryStore) -> None:
    stop = StopFlag()
    stop.set()
    with pytest.raises(Stopped):
        BucketFiles(full, "b", "m", stop).read(["a.csv"])


def test_an_object_is_a_file_of_the_cache_or_of_scratch(full: DirectoryStore, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cached = BucketFiles(full, "b", "m", StopFlag(), cache).local("a.csv")
    assert cached.is_relative_to(tmp_path / "cache") and cached.read_bytes() == b"m/a.csv"
    files = BucketFiles(full, "b", "m", StopFlag())
    scratch = files.local("a.csv")
    assert scratch == files.local("a.csv") and scratch.read_bytes() == b"m/a.csv"
    with pytest.raises(NotFound):
        files.local("none.csv")
    del files
    assert not scratch.exists(), "what nobody can name any more is removed"


def test_a_download_ends_when_the_trial_is_stopped(full: DirectoryStore, tmp_path: Path) -> None:
    stop = StopFlag()
    for cache in (None, Cache(tmp_path / "cache")):
        files = BucketFiles(full, "b", "m", stop, cache)
        stop.set()
        with pytest.raises(Stopped):
            files.local("a.csv")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_the_beginning_of_a_file(full: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "HEAD_BYTES", 3)
    assert BucketFiles(full, "b", "m", StopFlag()).head("a.csv").read() == b"m/a"
    cached = BucketFiles(full, "b", "m", StopFlag(), Cache(tmp_path / "cache"))
    assert cached.head("a.csv").read() == b"m/a.csv", "the cache keeps whole objects"
    with LocalFiles(full.directory / "m", "task.dataset.path", StopFlag()).head("a.csv") as file:
        assert file.read(3) == b"m/a"


def test_links_to_files_are_files_and_those_to_directories_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data" / "a" / "1.png").write_bytes(b"1")
    (tmp_path / "data" / "2.png").symlink_to("a/1.png")
    (tmp_path / "data" / "lost.png").symlink_to("none")
    (tmp_path / "data" / "a" / "again").symlink_to(tmp_path / "data")
    files = LocalFiles(tmp_path / "data", "task.dataset.path", StopFlag())
    assert files.names == ("2.png", "a/1.png")
    assert files.warnings == (
        "2 links to folders or to nothing, and special files, are not read; the first is a/again",
    )
    assert not LocalFiles(tmp_path / "data" / "2.png", "task.dataset.path", StopFlag()).warnings


@pytest.mark.parametrize("key", ["m", "m/a.csv"])
def test_no_name_leads_outside_of_the_data(full: DirectoryStore, key: str) -> None:
    for files in (
        BucketFiles(full, "b", key, StopFlag()),
        LocalFiles(full.directory / key, "task.dataset.path", StopFlag()),
    ):
        assert files.get("./sub/../sub/b.png") == b"m/sub/b.png"
        outside = full.directory / "m2/c.csv"
        for name in ("../m2/c.csv", "sub/../../m2/c.csv", str(outside), "/etc/passwd", ".."):
            with pytest.raises(NotFound):
                files.get(name)
            with pytest.raises(NotFound):
                files.local(name)


def test_what_cannot_be_a_path_is_not_found(full: DirectoryStore) -> None:
    files = LocalFiles(full.directory / "m", "task.dataset.path", StopFlag())
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(NotFound):
            files.get(name)


def test_names_that_are_no_utf_8_are_read_as_latin_1(tmp_path: Path) -> None:
    folder = tmp_path / "d" / os.fsdecode("M\u00fcll".encode("latin-1"))
    folder.mkdir(parents=True)
    (folder / "\u00e9.png").write_bytes(b"1")
    files = LocalFiles(tmp_path / "d", "task.dataset.path", StopFlag())
    assert files.names == ("M\u00fcll/\u00e9.png",) and files.get("M\u00fcll/\u00e9.png") == b"1"
    assert files.label(files.names[0]).encode()
    (tmp_path / "d" / "M\u00fcll").mkdir()
    (tmp_path / "d" / "M\u00fcll" / "\u00e9.png").write_bytes(b"2")
    with pytest.raises(DatasetInvalid, match=r"d/M\u00fcll/\u00e9\.png: there are two files of this name"):
        LocalFiles(tmp_path / "d", "task.dataset.path", StopFlag())


def test_a_few_files_are_read_ahead_and_no_more() -> None:
    files = HeldFiles({f"{k:04d}": f"{k}" for k in range(1000)})
    assert next(files.map(files.names, lambda name, file: (name, file.read()))) == ("0000", b"0")
    assert len(files.fetched) <= 2 * files_module.PARALLEL_READS
    assert list(files.map(files.names, lambda _, file: int(file.read()))) == list(range(1000))


def test_a_local_file_is_its_own_path(full: DirectoryStore) -> None:
    files = LocalFiles(full.directory / "m", "task.dataset.path", StopFlag())
    assert files.local("sub/b.png") == full.directory / "m/sub/b.png"
    with pytest.raises(NotFound):
        files.local("none")


def test_a_file_that_is_too_large_for_memory_is_not_read(full: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "FILE_BYTES", 3)
    for files in (
        BucketFiles(full, "b", "m", StopFlag()),
        BucketFiles(full, "b", "m", StopFlag(), Cache(full.directory / "cache")),
        LocalFiles(full.directory / "m", "task.dataset.path", StopFlag()),
    ):
        with pytest.raises(DatasetInvalid, match=r"m/a.csv: has more than 0 GiB"):
            files.get("a.csv")


def test_litter_is_no_data(store: DirectoryStore, tmp_path: Path) -> None:
    litter = ("a/._1.png", ".ipynb_checkpoints/2.png", "__MACOSX/a/1.png", "a/Thumbs.db", "lost+found/x")
    for name in ("a/1.png", *litter):
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        store.put(f"d/{name}", b"")
    assert LocalFiles(tmp_path / "d", "task.dataset.path", StopFlag()).names == ("a/1.png",)
    assert BucketFiles(store, "b", "d", StopFlag()).names == ("a/1.png",)
    (tmp_path / "d" / "a/1.png").unlink()
    with pytest.raises(CandidateRejected, match=r"there is no file at .*/d \(hidden ones, and links"):
        LocalFiles(tmp_path / "d", "task.dataset.path", StopFlag())


def test_a_directory_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(CandidateRejected, match=r"task.dataset.path: .* cannot be read: .*Permission denied"):
        LocalFiles(tmp_path, "task.dataset.path", StopFlag())

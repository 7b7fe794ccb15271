from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.directory_store import DirectoryStore
from tests.support.held_files import HeldFiles

from nas_storage.faults import NotFound
from nas_trial.data.cache import Cache
from nas_trial.data.files import BucketFiles, LocalFiles, UnpackedFiles, part_of_file, part_of_folder
from nas_trial.errors import CandidateRejected, DatasetInvalid, Stopped
from nas_trial.process.stop import StopFlag


def tar(members: Mapping[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


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
    with pytest.raises(CandidateRejected, match=r"task.dataset.path: there is no file at .*/none; correct the path"):
        LocalFiles(full.directory / "none", "task.dataset.path", StopFlag())


def test_what_cannot_be_read_is_named(full: DirectoryStore) -> None:
    with pytest.raises(DatasetInvalid, match=r"m/sub: cannot be read"):
        LocalFiles(full.directory / "m", "task.dataset.path", StopFlag()).get("sub")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archives_are_folders(mode: str) -> None:
    packed = HeldFiles(
        {
            "train-0.tar": tar({"./cat/1.png": b"1"}, mode),
            "train-1.tar": tar({"dog/2.png": b"2"}, mode),
            "test.tar": tar({"cat/3.png": b"3"}, mode),
        }
    )
    files = UnpackedFiles(packed, packed.names, StopFlag())
    assert files.names == ("test/cat/3.png", "train/cat/1.png", "train/dog/2.png")
    assert files.get("train/dog/2.png") == b"2"
    with pytest.raises(NotFound):
        files.get("dog/2.png")


@pytest.mark.parametrize("content", [b"", b"no archive", tar({"a": b"x" * 2000})[:700]], ids=["empty", "other", "cut"])
def test_a_damaged_archive_is_named(content: bytes) -> None:
    packed = HeldFiles({"a.tar": content})
    with pytest.raises(DatasetInvalid, match=r"s3://b/m/a\.tar: cannot be read as a tar archive"):
        UnpackedFiles(packed, ["a.tar"], StopFlag())


def test_reading_ends_when_the_trial_is_stopped(full: DirectoryStore) -> None:
    stop = StopFlag()
    stop.set()
    with pytest.raises(Stopped):
        BucketFiles(full, "b", "m", stop).read(["a.csv"])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train.csv", "train"),
        ("a/test-0001.tar", "test"),
        ("Validation_2.parquet", "val"),
        ("trainer.csv", None),
        ("tested/data.csv", None),
    ],
)
def test_the_split_that_a_file_tells(name: str, part: str | None) -> None:
    assert part_of_file(name) == part


def test_the_split_that_a_folder_tells() -> None:
    assert [part_of_folder(n) for n in ("test/cat/1.png", "valid/x", "cat/test/1.png", "test")] == [
        "test",
        "val",
        None,
        None,
    ]

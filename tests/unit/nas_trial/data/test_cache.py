from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import pytest

from nas_trial.data.cache import Cache


def kept_files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


class Fetch:
    def __init__(self, content: bytes) -> None:
        self.content, self.times = content, 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.content


def test_what_was_fetched_is_kept(tmp_path: Path) -> None:
    fetch = Fetch(b"data")
    assert [Cache(tmp_path / "new").get("b/k/etag-4", fetch) for _ in range(3)] == [b"data"] * 3
    assert fetch.times == 1
    [kept] = kept_files(tmp_path / "new")
    assert kept.read_bytes() == b"data", "no temporary file is left"


def test_a_kept_file_can_be_mapped(tmp_path: Path) -> None:
    times = 0

    def fetch(file: BinaryIO) -> None:
        nonlocal times
        times += 1
        file.write(b"da")
        file.write(b"ta")

    paths = {Cache(tmp_path).path("b/k/one", fetch) for _ in range(3)}
    assert times == 1 and [path.read_bytes() for path in paths] == [b"data"]
    assert Cache(tmp_path).get("b/k/one", Fetch(b"")) == b"data"


def test_another_tag_is_another_content(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.get("b/k/one", Fetch(b"1")) == b"1"
    assert cache.get("b/k/two", Fetch(b"2")) == b"2"


@pytest.mark.parametrize("damage", [b"", b"x" * 20, b"y" * 40])
def test_damaged_content_is_fetched_anew(damage: bytes, tmp_path: Path) -> None:
    cache, fetch = Cache(tmp_path), Fetch(b"data")
    cache.get("k", fetch)
    [file] = kept_files(tmp_path)
    file.write_bytes(damage)
    later = Cache(tmp_path)
    assert later.get("k", fetch) == later.get("k", fetch) == b"data"
    assert fetch.times == 2
    assert len(kept_files(tmp_path)) == 1


def test_a_directory_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    fetch = Fetch(b"data")
    cache = Cache(tmp_path / "file" / "cache")
    assert cache.get("k", fetch) == cache.get("k", fetch) == b"data"
    assert fetch.times == 2
    assert cache.path("k", lambda file: file.writelines([b"data"])).read_bytes() == b"data"


def test_the_environment_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAS_DATA_CACHE", raising=False)
    assert Cache.from_environment() is None
    monkeypatch.setenv("NAS_DATA_CACHE", str(tmp_path))
    cache = Cache.from_environment()
    assert cache is not None and cache.get("k", Fetch(b"1")) == b"1" and list(tmp_path.iterdir())


def test_content_that_is_known_is_not_taken_from_a_file_that_somebody_else_has_put_there(tmp_path: Path) -> None:
    def poison(file: BinaryIO) -> None:
        file.write(b"poison")

    Cache(tmp_path).path("k", poison)

    def fetch(file: BinaryIO) -> None:
        file.write(b"data")

    sha256 = hashlib.sha256(b"data").hexdigest()
    assert Cache(tmp_path).path("k", fetch, sha256).read_bytes() == b"data"
    [kept] = kept_files(tmp_path)
    assert kept.name.endswith(sha256), "the poison is gone"

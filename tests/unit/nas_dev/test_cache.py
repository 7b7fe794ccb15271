"""The cache builds once per content, and never shows a half-built entry."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nas_dev import cache
from nas_dev.paths import cache_root


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NAS_DEV_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_digest_depends_on_content_names_and_boundaries(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "a").write_text("1")
    first = cache.digest([folder, "x"])
    assert cache.digest([folder, "x"]) == first
    (folder / "a").write_text("2")
    assert cache.digest([folder, "x"]) != first
    (folder / "a").rename(folder / "b")
    (folder / "b").write_text("1")
    assert cache.digest([folder, "x"]) != first
    assert cache.digest(["ab", "c"]) != cache.digest(["a", "bc"])


def test_digest_ignores_times_and_byte_code_but_not_the_executable_bit(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    first = cache.digest([file])
    file.touch()
    assert cache.digest([file]) == first
    file.chmod(0o755)
    assert cache.digest([file]) != first


def test_builds_once_even_when_asked_by_many() -> None:
    built: list[Path] = []

    def build(directory: Path) -> None:
        built.append(directory)
        (directory / "result").write_text("done")

    with ThreadPoolExecutor(8) as pool:
        entries = set(pool.map(lambda _: cache.build_once("thing", ["1"], build), range(8)))
    assert len(built) == 1
    assert (entries.pop() / "result").read_text() == "done"


def test_a_failed_build_leaves_nothing_and_is_tried_again() -> None:
    def fail(directory: Path) -> None:
        (directory / "half").write_text("")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        cache.build_once("thing", ["1"], fail)
    assert [path for path in cache_root().iterdir() if path.is_dir()] == []
    assert cache.build_once("thing", ["1"], lambda directory: None).is_dir()


def test_prune_keeps_the_current_entry_and_other_names() -> None:
    old = cache.build_once("thing", ["1"], lambda directory: None)
    new = cache.build_once("thing", ["2"], lambda directory: None)
    other = cache.build_once("thing-else", ["1"], lambda directory: None)
    cache.prune("thing", new)
    assert not old.exists()
    assert new.exists()
    assert other.exists()

"""Files are listed within bounds, of each folder in turn, and archives as folders."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from nas_client.errors import InvalidInput
from nas_client.looking import local, places


def test_of_many_files_some_of_each_folder_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_FILES", 20)
    monkeypatch.setattr(places, "TURN", 5)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for k in range(30):
            (tmp_path / name / f"{k}.png").touch()
    found = local(tmp_path)
    assert not found.complete and len(found.names) == 20
    assert {name.split("/")[0] for name in found.names} == {"a", "b"}


def test_an_archive_whose_name_tells_a_split_is_a_folder_of_that_name(tmp_path: Path) -> None:
    for name in ("train-0", "test-0", "more"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr(f"cat/{name}.png", b"x")
            archive.writestr("__MACOSX/1.png", b"x")
    found = local(tmp_path)
    assert found.names == ("cat/more.png", "test-0/cat/test-0.png", "train-0/cat/train-0.png")
    assert found.open("cat/more.png").read() == b"x"


def test_an_archive_is_listed_for_some_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        (tmp_path / "b").write_bytes(bytes(100_000))
        archive.add(tmp_path / "b", "cat/1.png")
    (tmp_path / "b").unlink()
    monkeypatch.setattr(places, "MOST_SECONDS", 0.0)
    with pytest.raises(InvalidInput, match="there is no file"):
        local(tmp_path)


def test_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        local(tmp_path / "none")
    with pytest.raises(InvalidInput, match="there is no file"):
        local(tmp_path)

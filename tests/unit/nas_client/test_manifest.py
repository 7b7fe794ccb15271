from __future__ import annotations

import io
from pathlib import Path

import pytest

from nas_client import manifest
from nas_client.errors import InvalidInput
from nas_client.manifest import read_manifest, the_only


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "search.yaml"
    path.write_text(text)
    return path


def test_every_object_of_a_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "kind: NASSearchSpace\n---\nkind: NASSearch\nspec: {}\n---\n")
    objects = read_manifest(path)
    assert [one["kind"] for one in objects] == ["NASSearchSpace", "NASSearch"]
    assert the_only(objects, "NASSearch", path) == objects[1]


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("kind: NASSearch"))
    assert read_manifest(Path("-")) == [{"kind": "NASSearch"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no object in it"),
        ("[", "is no YAML"),
        ("just words", "without a kind"),
        ("kind: 3", "without a kind"),
        ("[" * 5000, "nested too deep"),
    ],
)
def test_what_is_no_manifest_is_explained(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_manifest(written(tmp_path, text))


def test_no_more_is_read_than_a_manifest_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "FILE_LIMIT", 10)
    with pytest.raises(InvalidInput, match="more than 10 characters"):
        read_manifest(written(tmp_path, "kind: NASSearch"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        read_manifest(tmp_path / "absent.yaml")


@pytest.mark.parametrize("kinds", [[], ["NASSearch", "NASSearch"]])
def test_one_object_of_a_kind_is_asked_for(kinds: list[str], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"has {len(kinds)} objects of kind NASSearch; give a file with one"):
        the_only([{"kind": kind} for kind in kinds], "NASSearch", tmp_path)

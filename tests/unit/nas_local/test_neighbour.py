from __future__ import annotations

from pathlib import Path
from typing import Any

from nas_local.home import BUCKET, Home
from nas_local.neighbour import bring, neighbour
from nas_local.records import Records

SPEC: dict[str, Any] = {"task": {"dataset": {"name": "digits"}}}
ADDRESS = f"s3://{BUCKET}/default/first/uid/trials/first-supernet/checkpoints/e00050-s0000000-a001.safetensors"


def test_it_is_the_search_of_that_name_and_namespace_in_the_folder_beside(tmp_path: Path) -> None:
    home = Home(tmp_path / "second")
    assert neighbour(home, "default", "first") is None
    Records.open(Home(tmp_path / "first"), "default", "first", SPEC)
    found = neighbour(home, "default", "first")
    assert found is not None and found.search.meta.name == "first" and found.trials == ()
    assert neighbour(home, "team", "first") is None
    (tmp_path / "first" / "search.yaml").write_text("{")
    assert neighbour(home, "default", "first") is None


def test_weights_and_manifest_are_in_both_folders_and_outlive_the_first(tmp_path: Path) -> None:
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")
    weights = first.path_of(ADDRESS)
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    weights.with_suffix(".json").write_text("{}")
    for _ in range(2):
        bring(second, "first", ADDRESS)
    weights.unlink()
    assert second.path_of(ADDRESS).read_bytes() == b"weights"
    assert second.path_of(ADDRESS).with_suffix(".json").read_text() == "{}"

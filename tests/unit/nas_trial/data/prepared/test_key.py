from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nas_core.api.task import Task
from nas_trial.data.files import LocalFiles
from nas_trial.data.prepared.key import key_of
from nas_trial.process.stop import StopFlag


def key(folder: Path, seed: int = 0, dataset: dict[str, Any] | None = None, **task: Any) -> str:
    given = Task.model_validate({"dataset": {"path": str(folder), **(dataset or {})}, **task})
    return key_of(given, seed, LocalFiles(folder, "task.dataset.path", StopFlag()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.png").write_text("x")
    (tmp_path / "a" / "y.png").write_text("y")
    return tmp_path / "a"


def test_where_the_files_are_does_not_matter(folder: Path) -> None:
    before = key(folder)
    assert key(folder.rename(folder.parent / "b")) == before


@pytest.mark.parametrize("change", ["content", "name", "more"])
def test_the_files_matter(change: str, folder: Path) -> None:
    before = key(folder)
    match change:
        case "content":
            (folder / "x.png").write_text("X")
        case "name":
            (folder / "x.png").rename(folder / "z.png")
        case "more":
            (folder / "z.png").write_text("z")
    assert key(folder) != before


def test_what_the_search_says_matters_if_it_changes_the_data(folder: Path) -> None:
    before = key(folder)
    assert key(folder, classWeights="balanced") == before
    assert key(folder, dataset={"memoryLimit": "1Gi"}) == before
    others = [
        key(folder, seed=1),
        key(folder, dataset={"testFraction": "0.1"}),
        key(folder, dataset={"image": {"size": 32}}),
        key(folder, positiveClass="x"),
        key(folder, multiLabel=True),
        key(folder, type="audio-classification"),
    ]
    assert len({before, *others}) == 7

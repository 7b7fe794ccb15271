from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.stop_after import StopAfter

from nas_core.api.task import Task
from nas_trial.data import files
from nas_trial.data.files import LocalFiles
from nas_trial.data.prepared.key import key_of
from nas_trial.errors import DatasetInvalid, Stopped
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


def test_it_ends_in_the_middle_of_a_file_when_the_trial_is_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "x.png").write_bytes(b"x" * 100)
    (folder / "y.png").unlink()
    monkeypatch.setattr(files, "DIGEST_BYTES", 10)
    stop = StopAfter(5)
    with pytest.raises(Stopped):
        key_of(
            Task.model_validate({"dataset": {"path": str(folder)}}), 0, LocalFiles(folder, "task.dataset.path", stop)
        )
    assert stop.left == -1


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    found = LocalFiles(folder, "task.dataset.path", StopFlag())
    (folder / "y.png").unlink()
    (folder / "y.png").mkdir()
    with pytest.raises(DatasetInvalid, match=r"y\.png: cannot be read"):
        key_of(Task.model_validate({"dataset": {"path": str(folder)}}), 0, found)


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

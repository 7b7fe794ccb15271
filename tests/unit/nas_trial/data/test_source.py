from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.held_files import HeldFiles
from tests.unit.nas_trial.data.test_archives import tar, zipped
from tests.unit.nas_trial.data.test_audio import tone
from tests.unit.nas_trial.data.test_idx import IMAGES, LABELS, X, Y, encode
from tests.unit.nas_trial.data.test_images import png
from tests.unit.nas_trial.data.test_npz import archive

from nas_core.api.task import Task
from nas_trial.data import source
from nas_trial.data.raw import RawData
from nas_trial.errors import CandidateRejected, DatasetInvalid
from nas_trial.process.stop import StopFlag

NPZ = {"d.npz": archive(x=np.zeros((6, 5, 5), np.uint8), y=np.array([0, 1] * 3))}
IDX = {IMAGES: encode(X), LABELS: encode(Y)}
FOLDER = {name: png((9, 8)) for name in ("cat/1.png", "dog/1.png")}
PACKED = {"train-0.tar": tar(FOLDER)}
TABLE = {"d.csv": b"image,y\ncat/1.png,0\ndog/1.png,1\n"}


def task(kind: str = "image-classification", **dataset: Any) -> Task:
    return Task.model_validate({"type": kind, "dataset": dataset or {"path": "/d"}})


def parse(contents: dict[str, bytes], given: Task) -> RawData:
    return source.parse(HeldFiles(contents), given, StopFlag())


@pytest.mark.parametrize(
    ("kind", "contents", "shape"),
    [
        ("npz", NPZ | IDX | FOLDER, (6, 1, 5, 5)),
        ("idx", NPZ | IDX | FOLDER, (4, 1, 2, 3)),
        ("image-folder", NPZ | IDX | FOLDER, (2, 1, 8, 9)),
        ("csv", IDX | FOLDER | TABLE, (2, 1, 8, 9)),
        ("auto", NPZ | IDX | FOLDER | TABLE, (6, 1, 5, 5)),
        ("auto", IDX | FOLDER | TABLE, (4, 1, 2, 3)),
        ("auto", FOLDER | TABLE, (2, 1, 8, 9)),
        ("auto", FOLDER, (2, 1, 8, 9)),
        ("auto", PACKED, (2, 1, 8, 9)),
    ],
)
def test_the_format_decides_which_files_are_read(kind: str, contents: dict[str, bytes], shape: tuple[int, ...]) -> None:
    assert parse(contents, task(path="/d", format=kind)).inputs["image"].shape == shape


def test_a_pointer_of_git_lfs_is_told() -> None:
    with pytest.raises(DatasetInvalid, match=r"d.csv is a pointer of Git LFS, .* run 'git lfs pull'"):
        parse({"d.csv": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"}, task("regression"))


def test_nothing_that_is_known() -> None:
    with pytest.raises(DatasetInvalid, match=r"found no \.npz, IDX, CSV, Parquet or JSONL file"):
        parse({"data.txt": b""}, task("regression"))
    with pytest.raises(CandidateRejected, match="format audio-folder is for audio-classification"):
        parse({"a/1.wav": tone()}, task(path="/d", format="audio-folder"))


def test_a_volume_a_path_and_what_is_built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "d.npz").write_bytes(NPZ["d.npz"])
    monkeypatch.setattr(source, "DATA_DIRECTORY", str(tmp_path))
    for dataset in ({"volume": {"claimName": "c", "path": "sub"}}, {"path": str(tmp_path)}):
        assert len(source.read(task(**dataset), None, StopFlag())) == 6
    assert len(source.read(task(name="digits"), None, StopFlag())) == 1797
    with pytest.raises(CandidateRejected, match="name diabetes is for task"):
        source.read(task(name="diabetes"), None, StopFlag())


def test_an_address_needs_storage() -> None:
    with pytest.raises(CandidateRejected, match="uri together with storage") as caught:
        source.read(task(uri="s3://bucket/data.npz"), None, StopFlag())
    assert caught.value.reason == "SpecInvalid"


def folder(*names: str, content: bytes | None = None) -> dict[str, bytes]:
    return {f"{name}/{k}.png": content or png((9, 8)) for name in names for k in range(2)}


PAIRS = {"0.png": png(), "0.cls": b"owl", "1.png": png(), "1.cls": b"crow"}
MAC = {"a/._1.png": b"\0\5\x16\7", "__MACOSX/a/1.png": b"", ".ipynb_checkpoints/1.png": b""}


@pytest.mark.parametrize(
    ("contents", "classes", "examples"),
    [
        ({"f.tgz": tar(folder("f/rose", "f/tulip") | {"f/LICENSE.txt": b"x"}, "w:gz")}, ("rose", "tulip"), 4),
        ({f"{s}.tar": tar(folder(f"{s}/owl", f"{s}/crow")) for s in ("train", "val")}, ("owl", "crow"), 8),
        (folder(*(f"{s}/{s}/{c}" for s in ("seg_train", "seg_test") for c in ("sea", "wood"))), ("sea", "wood"), 4),
        ({"x.tar": tar(folder("a", "b") | MAC)}, ("a", "b"), 4),
        ({f"batch{k}.tar": tar(folder("owl", "crow")) for k in range(3)}, ("owl", "crow"), 12),
        (
            {
                f"train-{k}.tar": tar({"0.png": png(), "0.cls": b"owl", "1.png": png(), "1.cls": b"crow"})
                for k in (0, 1)
            },
            ("owl", "crow"),
            4,
        ),
        ({"photos.zip": zipped(folder("rose", "tulip"))}, ("rose", "tulip"), 4),
        (folder("rose", "tulip") | {"lily/1.jfif": png((9, 8))}, ("lily", "rose", "tulip"), 5),
    ],
    ids=["root", "split with root", "two roots", "litter", "batches", "shards", "zip", "jfif"],
)
def test_folders_as_people_have_them(contents: dict[str, bytes], classes: tuple[str, ...], examples: int) -> None:
    data = parse(contents, task())
    assert data.labels is not None
    assert sorted(data.labels) == sorted(classes)
    assert len(data) == sum(len(piece["image"]) for piece in data.read()) == examples
    assert len(set(data.targets.tolist())) == len(classes)


def test_what_is_no_data_of_any_format_is_counted() -> None:
    with pytest.raises(
        DatasetInvalid, match=r"found no .* regression; there are 2 files ending with \.xlsx under a/; set"
    ):
        parse({"a/1.xlsx": b"", "a/2.XLSX": b""}, task("regression"))
    data = parse({"x.tar": tar(FOLDER), "notes.docx": b""}, task())
    assert data.warnings == ("1 file ending with .docx is not read",)

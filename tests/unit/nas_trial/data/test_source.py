from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.held_files import HeldFiles
from tests.unit.nas_trial.data.test_archives import tar
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

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.held_files import HeldFiles

from nas_core.api.task import Dataset, Task
from nas_trial.data import idx
from nas_trial.data.scratch import Scratch
from nas_trial.errors import DatasetInvalid

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TASK = Task(dataset=Dataset(path="/m"))


def encode(array: NDArray[np.uint8]) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


X, Y = np.arange(24, dtype=np.uint8).reshape(4, 2, 3), np.array([3, 1, 3, 1], np.uint8)


@pytest.mark.parametrize("zipped", [False, True])
def test_images_and_labels(zipped: bool) -> None:
    contents = {IMAGES: encode(X), LABELS: encode(Y)}
    if zipped:
        contents = {key + ".gz": gzip.compress(content) for key, content in contents.items()}
    data = idx.read(HeldFiles(contents), TASK)
    assert np.array_equal(data.inputs["image"][:, 0], X)
    assert data.targets.tolist() == [3, 1, 3, 1]
    assert data.test is None


def test_the_test_files_are_read_when_asked_for() -> None:
    test = {"t10k-images-idx3-ubyte": encode(X[:1]), "t10k-labels-idx1-ubyte": encode(Y[:1])}
    files = HeldFiles(test | {LABELS: encode(Y), IMAGES: encode(X)})
    assert idx.matches(files, TASK)
    data = idx.read(files, TASK)
    assert sorted(files.fetched) == [IMAGES, LABELS]
    assert data.test is not None and len(data.test()) == 1


def test_a_missing_file_is_named() -> None:
    files = HeldFiles({IMAGES: encode(X)})
    assert not idx.matches(files, TASK)
    with pytest.raises(DatasetInvalid, match=r"s3://b/m: found 0 files named train-labels-idx1-ubyte\[.gz\]"):
        idx.read(files, TASK)


def test_as_many_labels_as_images() -> None:
    with pytest.raises(DatasetInvalid, match=r"4 examples but labels of shape .3,."):
        idx.read(HeldFiles({IMAGES: encode(X), LABELS: encode(Y[:3])}), TASK)


@pytest.mark.parametrize(
    ("key", "content", "message"),
    [
        (IMAGES, encode(X)[:-1], r"holds 23 values, its header says \(4, 2, 3\); the file is cut off"),
        (IMAGES, encode(X)[:9], "cut off"),
        (IMAGES, struct.pack(">BBBB4I", 0, 0, 8, 4, *[2**16] * 4), r"holds 0 values, its header says \(65536, "),
        (IMAGES, b"\x89PNG", "is no IDX file"),
        (IMAGES, b"", "is no IDX file"),
        (IMAGES + ".gz", gzip.compress(encode(X))[:-12], "cannot be unzipped"),
        (IMAGES + ".gz", encode(X), "cannot be unzipped"),
    ],
    # Not by content: a gzip file holds the time it was made, and parallel workers must collect the same names.
    ids=["cut values", "cut header", "a size of 2**64", "another format", "empty", "cut gzip", "no gzip"],
)
def test_damaged_files_are_named(key: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / key).write_bytes(content)
    with pytest.raises(DatasetInvalid, match=f"{key}: .*{message}"):
        idx.parse(key, tmp_path / key, Scratch())


def test_no_more_is_unpacked_than_the_header_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scratch = tmp_path / "a.gz", Scratch()
    path.write_bytes(gzip.compress(encode(X) + bytes(50 << 20)))
    with pytest.raises(DatasetInvalid, match="holds 25 values, its header says"):
        idx.parse("a.gz", path, scratch)
    assert [file.stat().st_size for file in scratch.directory.iterdir()] == [25]
    monkeypatch.setattr(Scratch, "room", lambda _: 23)
    with pytest.raises(DatasetInvalid, match=r"its header says \(4, 2, 3\); there is no room for that"):
        idx.parse("a.gz", path, Scratch())


def test_the_names_of_emnist() -> None:
    names = [
        f"gzip/emnist-letters-{part}-{kind}-ubyte.GZ"
        for part in ("train", "test")
        for kind in ("images-idx3", "labels-idx1")
    ]
    files = HeldFiles(
        {name: gzip.compress(encode(X if "images" in name else Y)) for name in names} | {"readme.txt": ""}
    )
    assert idx.matches(files, TASK)
    data = idx.read(files, TASK)
    assert len(data) == 4 and data.warnings == ("1 file ending with .txt is not read",)
    assert data.test is not None and len(data.test()) == 4
    several = HeldFiles({name.replace("letters", kind): b"" for name in names for kind in ("letters", "digits")})
    with pytest.raises(DatasetInvalid, match=r"found 2 .* \(gzip/emnist-digits-.*; let task.dataset name one"):
        idx.read(several, TASK)

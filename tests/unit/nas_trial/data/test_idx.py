from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_trial.data import idx
from nas_trial.errors import DatasetInvalid

IMAGES, LABELS = "m/train-images-idx3-ubyte", "m/train-labels-idx1-ubyte"


def encode(array: NDArray[np.uint8]) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


X, Y = np.arange(24, dtype=np.uint8).reshape(4, 2, 3), np.array([3, 1, 3, 1], np.uint8)


@pytest.mark.parametrize("zipped", [False, True])
def test_images_and_labels(zipped: bool) -> None:
    contents = {IMAGES: encode(X), LABELS: encode(Y)}
    if zipped:
        contents = {key + ".gz": gzip.compress(content) for key, content in contents.items()}
    data = idx.read("s3://b/m", contents)
    assert np.array_equal(data.x[:, 0], X)
    assert (data.y.tolist(), data.classes) == ([1, 0, 1, 0], ("1", "3"))


def test_the_test_files_are_left_alone() -> None:
    keys = ["m/t10k-images-idx3-ubyte", "m/t10k-labels-idx1-ubyte", LABELS, IMAGES]
    assert idx.matches(keys)
    assert idx.choose("s3://b/m", keys) == [IMAGES, LABELS]


def test_a_missing_file_is_named() -> None:
    assert not idx.matches([IMAGES])
    with pytest.raises(DatasetInvalid, match=r"s3://b/m: found 0 objects named train-labels-idx1-ubyte\[.gz\]"):
        idx.choose("s3://b/m", [IMAGES])


def test_as_many_labels_as_images() -> None:
    with pytest.raises(DatasetInvalid, match=r"4 images but labels of shape .3,."):
        idx.read("s3://b/m", {IMAGES: encode(X), LABELS: encode(Y[:3])})


@pytest.mark.parametrize(
    ("key", "content", "message"),
    [
        (IMAGES, encode(X)[:-1], r"holds 23 values, its header says \(4, 2, 3\); the file is cut off"),
        (IMAGES, encode(X)[:9], "cut off"),
        (IMAGES, b"\x89PNG", "is no IDX file"),
        (IMAGES, b"", "is no IDX file"),
        (IMAGES + ".gz", gzip.compress(encode(X))[:-12], "cannot be unzipped"),
        (IMAGES + ".gz", encode(X), "cannot be unzipped"),
    ],
    # Not by content: a gzip file holds the time it was made, and parallel workers must collect the same names.
    ids=["cut values", "cut header", "another format", "empty", "cut gzip", "no gzip"],
)
def test_damaged_files_are_named(key: str, content: bytes, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"{key}: .*{message}"):
        idx.parse(key, content)

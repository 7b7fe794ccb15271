from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import pytest

from nas_trial.data import npz
from nas_trial.errors import DatasetInvalid

URI = "s3://bucket/data.npz"


def archive(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


X, Y = np.arange(64, dtype=np.uint8).reshape(4, 4, 4), np.array([0, 1, 0, 1])
stored = io.BytesIO()
np.savez(stored, x=X, y=Y)


def test_x_and_y() -> None:
    data = npz.read(URI, {"data.npz": archive(x=X, y=Y)})
    assert np.array_equal(data.x[:, 0], X)
    assert data.y.tolist() == [0, 1, 0, 1]


def test_the_test_split_is_left_alone() -> None:
    content = archive(x_train=X, y_train=Y, x_test=X[:1], y_test=np.array([[9, 9]]), x=X[:2], y=Y[:2])
    assert len(npz.read(URI, {"data.npz": content}).x) == 4


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (archive(images=X, labels=Y), "holds images, labels; name the arrays x and y, or x_train and y_train"),
        (archive(x=X, y=np.array([{"a": 1}] * 4, dtype=object)), "cannot be read as .npz without pickle"),
        (archive(x=X, y=Y)[:300], "cannot be read"),
        (stored.getvalue().replace(b"\x00\x01\x02", b"\xff\xff\xff"), "cannot be read"),
        (pickle.dumps([X, Y]), "cannot be read"),
        (npy(X), "cannot be read"),
        (b"", "cannot be read"),
    ],
    ids=["names", "pickled", "cut", "damaged", "a pickle", "one array", "empty"],
)
def test_what_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"{URI}: .*{message}"):
        npz.read(URI, {"data.npz": content})


def test_one_archive_is_chosen() -> None:
    assert npz.choose(URI, ["a/readme.txt", "a/d.npz"]) == ["a/d.npz"]
    with pytest.raises(DatasetInvalid, match=r"found 2 .npz objects; let task.dataset.uri name exactly one"):
        npz.choose(URI, ["a/d.npz", "a/e.npz"])

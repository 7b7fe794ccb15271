from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import pytest
from tests.support.held_files import HeldFiles

from nas_core.api.task import Dataset, Task
from nas_trial.data import npz
from nas_trial.data.npy import ArrayArchive
from nas_trial.data.raw import RawData
from nas_trial.errors import DatasetInvalid

URI = "s3://bucket/data.npz"


def archive(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def read(content: bytes, kind: str = "image-classification") -> RawData:
    return npz.read(HeldFiles({"data.npz": content}, URI), Task.model_validate({"type": kind, "dataset": {"uri": URI}}))


X, Y = np.arange(64, dtype=np.uint8).reshape(4, 4, 4), np.array([0, 1, 0, 1])
stored = io.BytesIO()
np.savez(stored, x=X, y=Y)


def test_x_and_y() -> None:
    data = read(archive(x=X, y=Y))
    assert np.array_equal(data.inputs["image"][:, 0], X)
    assert data.targets.tolist() == [0, 1, 0, 1]
    assert data.given is None and data.test is None


def test_the_splits_that_are_given() -> None:
    x_val, y_val = X[:2], Y[:2]
    data = read(archive(x_train=X, y_train=Y, x_val=x_val, y_val=y_val, x_test=X[:1], y_test=[[9]], x=X[:2], y=Y[:2]))
    assert data.given is not None and data.given.tolist() == ["train"] * 4 + ["val"] * 2
    assert (data.row(3), data.row(5)) == ("row 3 of train", "row 1 of val")
    assert data.test is not None and data.test().targets.tolist() == [9]
    assert data.warnings == ("arrays that are not read: x, y",)


def test_series_that_may_lie_the_other_way_round_are_told() -> None:
    turned = read(archive(x=np.zeros((4, 50, 3)), y=Y), "time-series-classification")
    assert turned.warnings == (
        f"{URI}: series of 50 channels and 3 steps; if it is the other way round, save x.transpose(0, 2, 1)",
    )
    assert read(archive(x=np.zeros((4, 3, 50)), y=Y), "time-series-classification").warnings == ()


@pytest.mark.parametrize("val", ["val", "valid", "validation", "dev", "eval", "Valid"])
def test_the_names_of_splits(val: str) -> None:
    data = read(archive(**{"X_training": X, "y_training": Y, f"x_{val}": X[:1], f"y_{val}": Y[:1], "X_test": X[:2]}))
    assert data.given is not None and data.given.tolist() == ["train"] * 4 + ["val"]
    assert data.test is None and data.warnings == ("arrays that are not read: X_test",)
    with pytest.raises(DatasetInvalid, match=r"holds both x_val and x_dev; remove one"):
        read(archive(x=X, y=Y, x_val=X, y_val=Y, x_dev=X, y_dev=Y))


def test_arrays_stay_where_they_are() -> None:
    whole = np.asfortranarray(np.arange(60.0).reshape(10, 6))
    for save in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        save(buffer, x=whole, y=np.arange(10))
        file = HeldFiles({"d.npz": buffer.getvalue()})
        x = ArrayArchive(file.local("d.npz"), "here").read("x")
        assert isinstance(x, np.memmap) and np.array_equal(x, whole)


def test_series_and_rows() -> None:
    series = np.random.default_rng(0).normal(size=(4, 3, 7))
    assert read(archive(x=series, y=Y), "time-series-classification").inputs["series"].shape == (4, 3, 7)
    rows = read(archive(x=series[:, 0], y=Y), "tabular-classification")
    assert rows.inputs["numeric"].dtype == np.float64 and rows.inputs["categorical"].shape == (4, 0)
    assert rows.column("numeric", 2) == "column 2"


def test_targets_of_several_splits_have_one_width() -> None:
    with pytest.raises(DatasetInvalid, match=r"targets of val have shape \(4,\), those of train \(4, 2\)"):
        read(archive(x=X[:, 0], y=np.zeros((4, 2)), x_val=X[:, 0], y_val=Y), "regression")
    labels = archive(x=X, y=np.array([b"a", b"b"] * 2), x_val=X[:1], y_val=["b"])
    assert read(labels).targets.tolist() == ["a", "b", "a", "b", "b"]


def test_images_of_whole_numbers_and_of_floats_are_not_mixed() -> None:
    wide, floats = X.astype(int), X / 255
    for x, other in ((X, floats), (wide, floats), (floats, X)):
        message = f"{URI}: x_val is of type {other.dtype}, the images to train on of type {x.dtype}; give all images"
        with pytest.raises(DatasetInvalid, match=message):
            read(archive(x_train=x, y_train=Y, x_val=other, y_val=Y))
    test = read(archive(x_train=wide, y_train=Y, x_test=floats, y_test=Y)).test
    with pytest.raises(DatasetInvalid, match="x_test is of type float64, the images to train on of type int64"):
        assert test is not None and test()
    assert len(read(archive(x=floats, y=Y, x_val=floats.astype(np.float32), y_val=Y))) == 8
    assert len(read(archive(x=wide[:, 0], y=Y, x_val=floats[:, 0], y_val=Y), "regression")) == 8


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
        (stored.getvalue().replace(b"\x00\x01\x02", b"\xff\xff\xff"), "array x: its checksum is wrong"),
        (pickle.dumps([X, Y]), "cannot be read"),
        (npy(X), "cannot be read"),
        (b"", "cannot be read"),
    ],
    ids=["names", "pickled", "cut", "damaged", "a pickle", "one array", "empty"],
)
def test_what_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DatasetInvalid, match=f"{URI}: .*{message}"):
        read(content)


def test_one_archive_is_chosen() -> None:
    task = Task(dataset=Dataset(uri=URI))
    assert len(npz.read(HeldFiles({"readme.txt": "", "d.npz": archive(x=X, y=Y)}), task)) == 4
    with pytest.raises(DatasetInvalid, match=r"found 2 \.npz files: d\.npz, e\.npz; let task.dataset name exactly one"):
        npz.read(HeldFiles({"d.npz": b"", "e.npz": b""}), task)

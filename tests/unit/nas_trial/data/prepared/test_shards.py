from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nas_trial.data.prepared.arrow_file import BYTES, Column
from nas_trial.data.prepared.shards import Shards
from nas_trial.data.prepared.writer import write_shards
from nas_trial.errors import DatasetInvalid

INPUTS = (
    Column("image", BYTES, (3, 6, 5)),
    Column("numeric", "float32", (4,)),
    Column("categorical", "int32", (0,)),
)


def png(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.moveaxis(values, 0, -1)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 3, 6, 5), np.uint8)


@pytest.fixture
def shards(images: np.ndarray, tmp_path: Path) -> Shards:
    values: dict[str, Any] = {
        "image": np.array([png(image) for image in images], object),
        "numeric": np.arange(28, dtype=np.float32).reshape(7, 4),
        "categorical": np.zeros((7, 0), np.int32),
        "target": np.arange(7) % 3,
        "row": np.arange(7)[::-1].copy(),
        "together": np.arange(7) // 2,
    }
    parts = ({name: column[start : start + 3] for name, column in values.items()} for start in (0, 3, 6))
    return write_shards(tmp_path, "train", INPUTS, Column("target", "int64"), parts)


def test_rows_come_in_the_order_that_is_asked_for(shards: Shards, images: np.ndarray) -> None:
    rows = np.array([6, 0, 5, 3, 3, 1])
    found = shards.read(rows)
    assert found["image"].dtype == np.uint8 and (found["image"] == images[rows]).all()
    assert found["numeric"][:, 0].tolist() == (rows * 4).tolist()
    assert found["categorical"].shape == (6, 0) and found["categorical"].dtype == np.int32


def test_what_is_known_without_reading(shards: Shards, tmp_path: Path) -> None:
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"train-0000{k}.arrow" for k in range(3)),
        "train-targets.arrow",
    ]
    assert len(shards) == 7 and shards.starts.tolist() == [0, 3, 6]
    assert shards.nbytes == 7 * (90 + 16) and shards.decoding


def test_targets_and_rows(shards: Shards) -> None:
    assert shards.targets().tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert shards.rows().tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert shards.together().tolist() == [0, 0, 1, 1, 2, 2, 3]


def test_another_process_opens_the_files_for_itself(shards: Shards) -> None:
    shards.read(np.arange(7))
    sent = pickle.loads(pickle.dumps(shards))
    assert sent == shards and sent.read(np.array([2]))["numeric"].tolist() == [[8, 9, 10, 11]]


def test_several_outputs(tmp_path: Path) -> None:
    values: Any = {
        "numeric": np.zeros((2, 4), np.float32),
        "target": np.array([[1.5, 2], [3, 4]]),
        "row": np.arange(2),
        "together": np.arange(2),
    }
    shards = write_shards(tmp_path, "val", INPUTS[1:2], Column("target", "float64", (2,)), [values])
    assert shards.targets().tolist() == [[1.5, 2], [3, 4]]


def test_a_damaged_file_is_named(shards: Shards, tmp_path: Path) -> None:
    path = tmp_path / "train-00001.arrow"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DatasetInvalid, match=r"train-00001\.arrow: cannot be read as an Arrow file"):
        shards.read(np.array([4]))


def test_a_file_of_something_else_is_named(shards: Shards) -> None:
    with pytest.raises(DatasetInvalid, match=r"train-00000\.arrow: has 3 rows, not 4"):
        replace(shards, counts=(4, 3, 1)).read(np.array([0]))
    other = (Column("numeric", "float32", (5,)),)
    with pytest.raises(DatasetInvalid, match=r"train-00000\.arrow: has no numeric of type float32 and shape \(5,\)"):
        replace(shards, inputs=other, _opened={}).read(np.array([0]))
    other = (Column("image", BYTES, (3, 5, 6)),)
    with pytest.raises(DatasetInvalid, match=r"train-00001\.arrow: an image is RGB \(5, 6\), not of shape"):
        replace(shards, inputs=other, _opened={}).read(np.array([4]))


def test_targets_of_something_else_are_named(shards: Shards) -> None:
    with pytest.raises(DatasetInvalid, match=r"train-targets\.arrow: has no targets of 8 rows"):
        replace(shards, counts=(3, 3, 2)).targets()

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.support.directory_store import DirectoryStore
from tests.unit.nas_trial.data.test_idx import IMAGES, LABELS, X, Y, encode
from tests.unit.nas_trial.data.test_npz import archive

from nas_trial.data.source import parse
from nas_trial.errors import DatasetInvalid, Stopped
from nas_trial.stop import StopFlag


@pytest.fixture
def full(store: DirectoryStore) -> DirectoryStore:
    """An archive, IDX files and images of different sizes below one prefix."""
    store.put("m/d.npz", archive(x=np.zeros((6, 5, 5), np.uint8), y=np.array([0, 1] * 3)))
    store.put(IMAGES, encode(X))
    store.put(LABELS, encode(Y))
    for name in ("m/cat/1.png", "m/dog/1.png"):
        buffer = io.BytesIO()
        Image.new("L", (9, 8)).save(buffer, "PNG")
        store.put(name, buffer.getvalue())
    return store


@pytest.mark.parametrize(
    ("kind", "keys", "shape"),
    [
        ("npz", None, (6, 1, 5, 5)),
        ("idx", None, (4, 1, 2, 3)),
        ("image-folder", None, (2, 1, 8, 9)),
        ("auto", None, (6, 1, 5, 5)),
        ("auto", [IMAGES, LABELS, "m/cat/1.png"], (4, 1, 2, 3)),
        ("auto", ["m/cat/1.png", "m/dog/1.png"], (2, 1, 8, 9)),
    ],
)
def test_the_format_decides_which_objects_are_read(
    kind: str, keys: list[str] | None, shape: tuple[int, ...], full: DirectoryStore
) -> None:
    data = parse("s3://b/m", kind, full, "m", full.keys("m") if keys is None else keys, StopFlag())
    assert data.x.shape == shape


def test_nothing_that_is_known(store: DirectoryStore) -> None:
    with pytest.raises(DatasetInvalid, match=r"s3://b/m: found no .*no .npz and no IDX files"):
        parse("s3://b/m", "auto", store, "m", ["m/data.csv"], StopFlag())


def test_reading_ends_when_the_trial_is_stopped(full: DirectoryStore) -> None:
    stop = StopFlag()
    stop.set()
    with pytest.raises(Stopped):
        parse("s3://b/m", "idx", full, "m", full.keys("m"), stop)

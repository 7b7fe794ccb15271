from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data.arrays import from_arrays
from nas_trial.errors import DatasetInvalid

FOUR = np.array([0, 1, 0, 1])


def task(kind: str = "image-classification", **dataset: object) -> Task:
    return Task.model_validate({"type": kind, "dataset": {"path": "/d", **dataset}})


@pytest.mark.parametrize(
    ("given", "brought"),
    [
        ((4, 8, 9), (4, 1, 8, 9)),
        ((4, 8, 9, 3), (4, 3, 8, 9)),
        ((4, 3, 8, 9), (4, 3, 8, 9)),
    ],
)
def test_images_are_brought_into_one_form(given: tuple[int, ...], brought: tuple[int, ...]) -> None:
    data = from_arrays(np.zeros(given, np.uint8), FOUR, "here", task())
    assert data.inputs["image"].shape == brought and data.inputs["image"].dtype == np.uint8
    assert from_arrays(np.zeros(given), FOUR, "here", task()).inputs["image"].dtype == np.float32


def test_series_of_one_channel() -> None:
    data = from_arrays(np.zeros((4, 9)), FOUR[:, None], "here", task("time-series-classification"))
    assert data.inputs["series"].shape == (4, 1, 9)
    assert data.targets.shape == (4,)


def test_sounds_are_scaled_and_cut() -> None:
    sounds = np.full((4, 3000), 2**14, np.int16)
    given = task("audio-classification", audio={"seconds": "0.5", "rate": 8000})
    found = from_arrays(sounds, FOUR, "here", given).inputs["audio"]
    assert found.shape == (4, 4000)
    assert found[:, :3000].mean() == pytest.approx(0.5, abs=1e-3) and not found[:, 3000:].any()
    with pytest.raises(DatasetInvalid, match="beyond -1 and 1"):
        from_arrays(sounds.astype(np.float32), FOUR, "here", given)


@pytest.mark.parametrize(
    ("kind", "x", "message"),
    [
        ("image-classification", np.zeros((4, 16)), r"here: images have shape \(4, 16\); use \(N, H, W\)"),
        ("image-classification", np.zeros((4, 0, 8)), "here: images have shape"),
        ("image-classification", np.zeros((5, 8, 8)), "here: 5 examples but labels of shape .4,.; give one label"),
        ("image-classification", np.full((4, 2, 2), "x"), "images are of type <U1; give numbers"),
        ("regression", np.zeros((4, 2, 2)), r"rows have shape \(4, 2, 2\); use \(N, F\)"),
        ("multi-modal-classification", np.zeros((4, 2)), "are no data for task.type multi-modal-classification"),
    ],
)
def test_arrays_that_are_not_for_the_task(kind: str, x: NDArray[np.generic], message: str) -> None:
    with pytest.raises(DatasetInvalid, match=message):
        from_arrays(x, FOUR, "here", task(kind))

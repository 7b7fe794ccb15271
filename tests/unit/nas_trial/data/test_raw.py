from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_trial.data.raw import RawData, check, from_arrays
from nas_trial.errors import DatasetInvalid

FOUR = np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("given", "brought"),
    [
        ((4, 8, 9), (4, 1, 8, 9)),
        ((4, 8, 9, 3), (4, 3, 8, 9)),
        ((4, 3, 8, 9), (4, 3, 8, 9)),
    ],
)
def test_shapes_are_brought_into_one_form(given: tuple[int, ...], brought: tuple[int, ...]) -> None:
    assert from_arrays(np.zeros(given, np.uint8), FOUR, "here").x.shape == brought


def test_labels_of_any_kind_count_the_classes() -> None:
    data = from_arrays(np.zeros((4, 2, 2), np.float64), np.array([["b"], ["a"], ["b"], ["c"]]), "here")
    assert (data.classes, data.y.tolist(), data.x.dtype) == (("a", "b", "c"), [1, 0, 1, 2], np.float32)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((4, 16)), FOUR, r"here: images have shape \(4, 16\); use \(N, H, W\)"),
        (np.zeros((4, 0, 8)), FOUR, "here: images have shape"),
        (np.zeros((5, 8, 8)), FOUR, "here: 5 images but labels of shape .4,.; give one label an image"),
        (np.full((4, 2, 2), "x"), FOUR, "images are of type <U1; give numbers"),
        (np.zeros((4, 2, 2)), np.array([0, 1, np.nan, 1]), "label of row 2 is not a number"),
    ],
)
def test_arrays_that_do_not_belong_together(x: NDArray[np.generic], y: NDArray[np.generic], message: str) -> None:
    with pytest.raises(DatasetInvalid, match=message):
        from_arrays(x, y, "here")


def with_nan() -> NDArray[np.float32]:
    x = np.zeros((4, 2, 2), np.float32)
    x[2, 0, 1], x[3, 1, 1] = np.nan, np.inf
    return x


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((0, 2, 2)), np.zeros(0), "there are no examples"),
        (np.zeros((4, 2, 2)), np.full(4, 3), "every example is of class '3'; give at least two classes"),
        (np.zeros((4, 2, 2)), np.array([0, 0, 0, 1]), "class '1' has one example; give at least two"),
        (with_nan(), FOUR, "image of row 2 holds values that are no numbers .*2 rows do; clean or remove them"),
    ],
)
def test_data_that_cannot_be_learned_from(x: NDArray[np.generic], y: NDArray[np.generic], message: str) -> None:
    data = from_arrays(x, y, "here")
    with pytest.raises(DatasetInvalid, match=f"here: {message}"):
        check(data)


def test_good_data_passes() -> None:
    check(RawData(np.zeros((4, 1, 2, 2), np.uint8), FOUR, ("0", "1"), "here"))

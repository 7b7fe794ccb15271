from __future__ import annotations

import pytest

from nas_trial.data.image_axes import channels_last
from nas_trial.errors import DatasetInvalid


@pytest.mark.parametrize(
    "shape",
    [
        (28, 28, 1),
        (32, 32, 3),
        (8, 9, 3),
        (224, 160, 4),
        (64, 64, 13),
        (64, 64, 2),
        (5, 5, 200),
        (64, 48, 10),
        (40, 400, 1),
    ],
)
def test_channels_are_last(shape: tuple[int, int, int]) -> None:
    assert channels_last(shape, "here")


@pytest.mark.parametrize(
    "shape",
    [
        (1, 28, 28),
        (3, 32, 32),
        (3, 8, 9),
        (4, 84, 84),
        (13, 64, 64),
        (20, 64, 64),
        (200, 5, 5),
        (1, 40, 400),
        (3, 4, 4),
    ],
)
def test_channels_are_first(shape: tuple[int, int, int]) -> None:
    assert not channels_last(shape, "here")


@pytest.mark.parametrize("shape", [(8, 8, 8), (3, 3, 3), (3, 4, 3), (32, 64, 32)])
def test_what_may_be_both_is_refused_with_both(shape: tuple[int, int, int]) -> None:
    a, b, c = shape
    message = (
        f"here: .* may be {a} channels of {b}x{c} if channels are first, or {c} channels of {a}x{b} if channels are"
    )
    with pytest.raises(DatasetInvalid, match=message):
        channels_last(shape, "here")

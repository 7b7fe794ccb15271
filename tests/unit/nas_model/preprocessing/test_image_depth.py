from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nas_model.preprocessing.image_depth import depth, greatest, is_deep, upper_8


@pytest.mark.parametrize(
    ("most", "bits"), [(0, 8), (255, 8), (256, 10), (1023, 10), (4095, 12), (4096, 14), (16_384, 16), (65_535, 16)]
)
def test_the_greatest_value_tells_how_many_bits_are_filled(most: int, bits: int) -> None:
    assert depth(most) == bits


def test_the_upper_bits_of_those_that_are_filled() -> None:
    image = Image.fromarray(np.array([[3, 1023, 40_000]], np.uint16))
    assert is_deep(image) and greatest(image) == 40_000
    assert np.asarray(upper_8(image, 8)).tolist() == [[3, 255, 255]]
    assert np.asarray(upper_8(image, 10)).tolist() == [[0, 255, 255]]
    assert np.asarray(upper_8(image, 16)).tolist() == [[0, 3, 156]]
    image.info["transparency"] = 40_000
    assert greatest(image) == 1023
    assert np.asarray(upper_8(image, 10)).tolist() == [[[0, 255], [255, 255], [255, 0]]]


def test_what_is_not_deep() -> None:
    assert not any(is_deep(Image.new(mode, (2, 2))) for mode in ("1", "L", "LA", "RGB", "I", "F", "P"))

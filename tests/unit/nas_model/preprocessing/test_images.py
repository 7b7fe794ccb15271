from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nas_model.errors import DatasetInvalid
from nas_model.preprocessing.images import Form, decode


def png(image: Image.Image) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, "PNG")
    file.seek(0)
    return file


def test_an_image_is_brought_to_a_form() -> None:
    made = decode("a", png(Image.new("RGB", (12, 8), "red")), Form("L", (4, 4), "the first", scaled=True))
    assert made.shape == (1, 4, 4) and (made == 76).all()


def test_what_is_transparent_becomes_white() -> None:
    made = decode("a", png(Image.new("RGBA", (2, 2), (0, 0, 0, 0))), Form("RGB", (2, 2), "the first", scaled=False))
    assert (made == 255).all()


def test_another_size_is_refused_unless_images_are_scaled() -> None:
    with pytest.raises(DatasetInvalid, match="a: has 3x2 pixels, the first has 2x2"):
        decode("a", png(Image.fromarray(np.zeros((2, 3), np.uint8))), Form("L", (2, 2), "the first", scaled=False))

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nas_core.api.task import ImageOptions
from nas_trial.data.images import decode
from nas_trial.errors import DatasetInvalid

AS_THEY_ARE = ImageOptions()


def png(size: tuple[int, int] = (6, 4), mode: str = "L", value: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, value).save(buffer, "PNG")
    return buffer.getvalue()


def test_grey_unless_one_is_in_colour() -> None:
    assert decode({"a": png(), "b": png()}, AS_THEY_ARE)[0].shape == (2, 1, 4, 6)
    assert decode({"a": png(), "b": png(mode="RGB")}, AS_THEY_ARE)[0].shape == (2, 3, 4, 6)


def test_later_images_have_the_form_of_the_first() -> None:
    _, form = decode({"a": png()}, AS_THEY_ARE)
    assert decode({"b": png(mode="RGB")}, AS_THEY_ARE, form)[0].shape == (1, 1, 4, 6)
    with pytest.raises(DatasetInvalid, match="b: has 5x5 pixels, a has 6x4"):
        decode({"b": png((5, 5))}, AS_THEY_ARE, form)


def test_images_are_scaled_when_a_size_is_asked_for() -> None:
    found, _ = decode({"a": png((9, 30), value=200), "b": png(value=200)}, ImageOptions(size=8))
    assert found.shape == (2, 1, 8, 8)
    assert np.unique(found).tolist() == [200]


@pytest.mark.parametrize("content", [b"", b"not an image", png()[:40]])
def test_an_unreadable_image_is_named(content: bytes) -> None:
    with pytest.raises(DatasetInvalid, match=r"pets/dog/1.png: cannot be read as an image"):
        decode({"pets/cat/1.png": png(), "pets/dog/1.png": content}, AS_THEY_ARE)


def test_an_image_of_another_size_is_named() -> None:
    with pytest.raises(DatasetInvalid, match=r"dog.png: has 9x9 pixels, cat.png has 6x4; .* task.dataset.image.size"):
        decode({"cat.png": png(), "dog.png": png((9, 9))}, AS_THEY_ARE)

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from nas_trial.data.prepared.image_files import decode, encode, worth_encoding


@pytest.mark.parametrize("channels", [1, 3])
def test_without_loss_images_come_back_as_they_were(channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, channels, 5, 7), np.uint8)
    with ThreadPoolExecutor(2) as pool:
        files = encode(images, False, pool)
    assert all((decode(file, image.shape) == image).all() for file, image in zip(files, images, strict=True))


def test_what_has_lost_detail_already_becomes_a_jpeg_near_it() -> None:
    ramp = np.linspace(0, 255, 64 * 64).reshape(1, 64, 64).astype(np.uint8)
    image = np.concatenate([ramp, ramp[:, ::-1], 255 - ramp])
    with ThreadPoolExecutor(1) as pool:
        [file] = encode(image[None], True, pool)
    opened = Image.open(io.BytesIO(file))
    assert opened.format == "JPEG" and opened.layer[0][1:3] == (1, 1), "colours are not subsampled"  # type: ignore[attr-defined]
    assert np.abs(decode(file, image.shape).astype(int) - image).max() <= 8


def test_small_images_and_floats_are_kept_as_values() -> None:
    assert worth_encoding(np.zeros((1, 3, 128, 128), np.uint8))
    assert not worth_encoding(np.zeros((1, 3, 64, 64), np.uint8))
    assert not worth_encoding(np.zeros((1, 13, 128, 128), np.uint8))
    assert not worth_encoding(np.zeros((1, 3, 128, 128), np.float32))


@pytest.mark.parametrize(("shape", "problem"), [((3, 5, 6), "not of shape"), ((1, 5, 7), "not of shape")])
def test_images_of_another_shape_are_refused(shape: tuple[int, ...], problem: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        [file] = encode(np.zeros((1, 3, 5, 7), np.uint8), False, pool)
    with pytest.raises(ValueError, match=problem):
        decode(file, shape)
    with pytest.raises(ValueError, match="cannot be read"):
        decode(file[:40], (3, 5, 7))

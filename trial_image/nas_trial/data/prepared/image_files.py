"""Images as they are kept: small ones as the bytes of their values, larger ones as image files.

A JPEG at quality 95 without subsampling of colours where the source had lost detail already, else a PNG, which loses
nothing. What Pillow has no mode for, and images of floats, are kept as values.
"""

from __future__ import annotations

import io
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MODES = {1: "L", 3: "RGB"}
"""Pillow's name for bytes of so many channels."""
SMALL = 32 << 10
"""Bytes of an image that is kept as values: decoding a file would take longer than reading it saves."""
JPEG_QUALITY = 95
PNG_LEVEL = 3
"""Of compression; 9 makes files a twentieth smaller and takes ten times as long."""


def worth_encoding(images: NDArray[np.generic]) -> bool:
    """Whether images (n, C, H, W) are to be kept as files."""
    return images.dtype == np.uint8 and images.shape[1] in MODES and images[:1].nbytes > SMALL


def encode(images: NDArray[np.uint8], lossy: bool, pool: Executor) -> NDArray[np.object_]:
    """Return images (n, C, H, W) as files (n), made side by side."""
    files = np.empty(len(images), object)
    files[:] = list(pool.map(lambda image: _encoded(image, lossy), images))
    return files


def decode(content: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return an image file as (C, H, W).

    Raises:
        ValueError: if it is none of this shape.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
            # Before it is unpacked: a small file may hold a large image.
            if (MODES.get(shape[0]), *shape[:0:-1]) != (image.mode, *image.size):
                raise ValueError(f"an image is {image.mode} {image.size}, not of shape {shape}")
            values = np.asarray(image)
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"an image cannot be read: {error}") from error
    return values[None] if values.ndim == 2 else np.moveaxis(values, -1, 0)


def _encoded(image: NDArray[np.uint8], lossy: bool) -> bytes:
    # (C, H, W) to (H, W) or (H, W, C)
    picture = Image.fromarray(image[0] if len(image) == 1 else np.ascontiguousarray(np.moveaxis(image, 0, -1)))
    file = io.BytesIO()
    if lossy:
        picture.save(file, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    else:
        picture.save(file, "PNG", compress_level=PNG_LEVEL)
    return file.getvalue()

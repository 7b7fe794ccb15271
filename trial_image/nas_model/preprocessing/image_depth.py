"""Grey images of 16 bits a pixel as images of 8: cameras and scanners often fill only 10, 12 or 14 of the 16.

The upper 8 of 16 bits would make such images nearly black, and all alike. How many bits are filled is known once all
training images have been seen; all other images are brought to the same.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

FULL = 16
DEPTHS = (8, 10, 12, 14, FULL)
"""Bits that are filled."""


def is_deep(image: Image.Image) -> bool:
    """Whether the values of an image reach up to 16 bits."""
    # Pillow has no mode of 16 bits for PPM; it brings values to 16 bits by the greatest that the header names.
    return image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM")


def greatest(image: Image.Image) -> int:
    """Return the greatest value of a deep image that is not transparent."""
    values = np.asarray(image)
    return int(values.max(initial=0, where=values != image.info.get("transparency", -1)))


def depth(most: int) -> int:
    """Return how many bits images fill whose greatest value is ``most``."""
    return next(bits for bits in DEPTHS if most < 1 << bits)


def upper_8(image: Image.Image, bits: int) -> Image.Image:
    """Return the upper 8 of a deep image's bits, of which ``bits`` are filled; values beyond these become white."""
    values = np.asarray(image)
    grey = Image.fromarray(np.minimum(values >> (bits - 8), 255).astype(np.uint8))
    if (transparent := image.info.get("transparency")) is not None:
        # Now: other values may have the same upper bits.
        grey.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    return grey

"""Image files as bytes of one form: one size, grey or colour (Pillow reads them).

An image is decoded at about the size that is asked for, and threads hold a bounded number of bytes together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from nas_model.errors import DatasetInvalid
from nas_model.preprocessing.budget import Budget
from nas_model.preprocessing.image_depth import FULL, is_deep, upper_8

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "AVIF", "GIF", "TIFF", "JPEG2000", "PPM")
"""Pillow's names. Not all that it knows: some start other programs."""
GREY = ("1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N", "I")
"""Modes of images without colour."""
DECODED_BYTES = 256 << 20
"""Of images that are decoded at once; a larger one is decoded alone."""
FINER = 2
"""JPEG is decoded at an eighth, a quarter or half of its size where that is still so many times what is asked for."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings an image upright, by its EXIF orientation."""
BUDGET = Budget(DECODED_BYTES)


@dataclass(frozen=True)
class Form:
    """What all images are brought to: that of the training images is also that of the others."""

    mode: str
    """L (grey) or RGB."""
    size: tuple[int, int]
    """Width and height."""
    example: str
    """Which image has this size, for messages."""
    scaled: bool
    """Whether images of another size are scaled; else they are refused."""
    bits: int | None = None
    """How many bits are filled by grey images of 16 bits a pixel; None: there were none."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of an image: (C, H, W)."""
        return (1 if self.mode == "L" else 3, self.size[1], self.size[0])

    def __str__(self) -> str:
        return f"{self.size[0]}x{self.size[1]} pixels of 8 bits in {'grey' if self.mode == 'L' else 'colour'}"


def decode(label: str, file: BinaryIO, form: Form) -> NDArray[np.uint8]:
    """Return an image in a form: (C, H, W).

    Grey of 16 bits keeps the upper 8 of those that are filled; what is transparent becomes white; EXIF's orientation is
    applied; of several frames or pages the first counts. Numbers of 32 bits, whose range nothing tells, are refused.
    """
    with opened(label, file) as image:
        pixels = image.width * image.height
        if form.scaled:
            image.draft(None, (FINER * form.size[0], FINER * form.size[1]))
            # Of a progressive one all is kept until its last pass.
            pixels = pixels if image.info.get("progressive") else image.width * image.height
        # A decoded image and a converted copy, of four bytes a pixel at most.
        with BUDGET.take(8 * pixels), readable(label):
            image.load()  # open() reads the header alone; damage behind it shows only here
            # Only now: PNG may have EXIF behind the pixels.
            if not form.scaled and (size := upright_size(image)) != form.size:
                sizes = f"{size[0]}x{size[1]} pixels, {form.example} has {form.size[0]}x{form.size[1]}"
                raise DatasetInvalid(f"{label}: has {sizes}; give all images one size, or set task.dataset.image.size")
            return _brought(label, image, form)


def _brought(label: str, image: Image.Image, form: Form) -> NDArray[np.uint8]:
    turn = TURNS.get(_orientation(image))
    brought = _in_bytes(label, image, form.bits or FULL)
    if turn is not None:
        brought = brought.transpose(turn)
    if brought.has_transparency_data:
        brought = brought.convert("LA" if brought.mode in GREY else "RGBA")
    elif brought.mode != form.mode:
        brought = brought.convert(form.mode)
    if brought.size != form.size:
        brought = ImageOps.fit(brought, form.size)  # scaled, and cut at the sides that are too long
    if brought.mode in ("LA", "RGBA"):
        ground = Image.new(form.mode, form.size, "white")
        ground.paste(brought.convert(form.mode), mask=brought.getchannel("A"))
        brought = ground
    pixels: NDArray[Any] = np.asarray(brought)  # (H, W) or (H, W, 3)
    return np.ascontiguousarray(np.atleast_3d(pixels).transpose(2, 0, 1))


def _in_bytes(label: str, image: Image.Image, bits: int) -> Image.Image:
    """Return an image of 8 bits a channel; of 16, so many are filled."""
    if is_deep(image):
        return upper_8(image, bits)
    if image.mode in ("I", "F"):
        kind = "whole numbers" if image.mode == "I" else "floats"
        raise DatasetInvalid(
            f"{label}: holds {kind} of 32 bits, and nothing says which is white; convert the images to 8 or 16 bits, "
            "or give them as an array (.npz)"
        )
    # Of LAB Pillow makes RGB alone, of which it makes the rest.
    return image.convert("RGB") if image.mode == "LAB" else image


def opened(label: str, file: BinaryIO) -> Image.Image:
    """Return an image whose header is read.

    Raises:
        DatasetInvalid: if it is none; the message names it.
    """
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise DatasetInvalid(
            f"{label}: cannot be read as an image: it is none of {', '.join(FORMATS)}, or damaged"
        ) from error
    # DecompressionBombError: a small file that would unpack into gigabytes.
    except Image.DecompressionBombError as error:
        raise DatasetInvalid(f"{label}: cannot be read as an image: {error}; give a smaller one") from error
    except Exception as error:  # what Pillow's parsers make of damaged bytes is not listed anywhere
        raise DatasetInvalid(f"{label}: cannot be read as an image: {error}") from error


@contextmanager
def readable(label: str) -> Iterator[None]:
    """Name the image that Pillow cannot decode or convert."""
    try:
        yield
    except DatasetInvalid:
        raise
    except Exception as error:  # what Pillow makes of damaged bytes is not listed anywhere
        raise DatasetInvalid(f"{label}: cannot be read as an image: {error}") from error


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns these itself
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1  # EXIF that is damaged says nothing; viewers show such an image as it is


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of an image as EXIF says that it is looked at."""
    width, height = image.size
    return (height, width) if _orientation(image) >= 5 else (width, height)

"""Image files as one array: all of one size, in grey if all are, else in colour (Pillow reads them)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from nas_core.api.task import ImageOptions
from nas_trial.errors import DatasetInvalid


@dataclass(frozen=True)
class Form:
    """What all images are brought to: that of the training images is also that of the test images."""

    mode: str
    """L (grey) or RGB."""
    size: tuple[int, int]
    """Width and height."""
    example: str
    """Which image has this size, for messages."""
    scaled: bool
    """Whether images of another size are scaled; else they are refused."""


def decode(
    contents: Mapping[str, bytes], options: ImageOptions, form: Form | None = None
) -> tuple[NDArray[np.uint8], Form]:
    """Read files, by their labels for messages, as (N, C, H, W), in a given form or the one that they have.

    Raises:
        DatasetInvalid: if one cannot be read or is of another size; the message names it.
    """
    opened = {label: _open(label, content) for label, content in contents.items()}
    form = form or _form(opened, options)
    # (N, H, W, C): a grey image is (H, W) until atleast_3d makes it (H, W, 1).
    x = np.stack([np.atleast_3d(_bring(label, image, form)) for label, image in opened.items()])
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)), form  # (N, C, H, W)


def _form(opened: Mapping[str, Image.Image], options: ImageOptions) -> Form:
    # One colour image makes all of them colour: an array has one number of channels.
    mode = "L" if all(image.mode in ("L", "1") for image in opened.values()) else "RGB"
    label, first = next(iter(opened.items()))
    size = (options.size, options.size) if options.size else first.size
    return Form(mode, size, label, scaled=options.size is not None)


def _bring(label: str, image: Image.Image, form: Form) -> NDArray[Any]:
    image = image.convert(form.mode)
    if image.size != form.size:
        if not form.scaled:
            sizes = f"{image.size[0]}x{image.size[1]} pixels, {form.example} has {form.size[0]}x{form.size[1]}"
            raise DatasetInvalid(f"{label}: has {sizes}; give all images one size, or set task.dataset.image.size")
        image = ImageOps.fit(image, form.size)  # scaled, and cut at the sides that are too long
    return np.asarray(image)


def _open(label: str, content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content))
        image.load()  # open() reads the header alone; a damaged file shows only here
    # DecompressionBombError: a small file that would unpack into gigabytes.
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetInvalid(f"{label}: cannot be read as an image: {error}") from error
    return image

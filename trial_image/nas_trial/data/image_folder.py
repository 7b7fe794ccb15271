"""A folder a class: ``<prefix>/[train/]<class>/<anything>.png``; all images of one size."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from nas_trial.data.raw import RawData, from_arrays
from nas_trial.errors import DatasetInvalid

_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def choose(uri: str, prefix: str, keys: list[str]) -> list[str]:
    """Return the keys of the images; with a ``train`` folder only those in it."""
    images = [key for key in keys if key.lower().endswith(_ENDINGS)]
    base = prefix.rstrip("/") + "/"
    if training := [key for key in images if key.startswith(base + "train/")]:
        images = training
    images = [key for key in images if "/" in _relative(prefix, key)]
    if not images:
        raise DatasetInvalid(f"{uri}: found no <class>/<image>{'|'.join(_ENDINGS)}, no .npz and no IDX files")
    return images


def read(uri: str, prefix: str, contents: dict[str, bytes]) -> RawData:
    """Read the images: grey if all are grey, else in colour."""
    opened = {key: _open(key, content) for key, content in contents.items()}
    mode = "L" if all(image.mode in ("L", "1") for image in opened.values()) else "RGB"
    first_key, first = next(iter(opened.items()))
    for key, image in opened.items():
        if image.size != first.size:
            sizes = f"{image.size[0]}x{image.size[1]} pixels, {first_key} has {first.size[0]}x{first.size[1]}"
            raise DatasetInvalid(f"{key}: has {sizes}; give all images one size")
    x = np.stack([np.atleast_3d(np.asarray(image.convert(mode))) for image in opened.values()])
    labels = np.array([_relative(prefix, key).split("/")[0] for key in opened])
    return from_arrays(np.moveaxis(x, -1, 1), labels, uri)


def _relative(prefix: str, key: str) -> str:
    return key.removeprefix(prefix.rstrip("/") + "/").removeprefix("train/")


def _open(key: str, content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content))
        image.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetInvalid(f"{key}: cannot be read as an image: {error}") from error
    return image

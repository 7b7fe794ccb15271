"""A picture of some training images of each class, for people: ``samples.png`` beside the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nas_trial.data.prepared.shards import Shards

MOST_CLASSES, OF_CLASS = 20, 8
TILE = 96
"""Pixels of an image's height and width in the picture; smaller ones are enlarged by whole numbers."""
MARGIN, TEXT = 4, 160
"""Pixels between tiles, and of a class's name."""


def write_samples(path: Path, train: Shards, classes: tuple[str, ...]) -> None:
    """Write the picture: a row for each of the first classes, its name and its first images."""
    targets = train.targets()
    rows = [np.flatnonzero(targets == number)[:OF_CLASS] for number in range(min(len(classes), MOST_CLASSES))]
    step = TILE + MARGIN
    sheet = Image.new("RGB", (TEXT + OF_CLASS * step, len(rows) * step), "white")
    pen = ImageDraw.Draw(sheet)
    for line, chosen in enumerate(rows):
        pen.text((MARGIN, line * step + TILE // 2), classes[line][:24], fill="black")
        for place, values in enumerate(train.read(chosen)["image"]):
            sheet.paste(_tile(values), (TEXT + place * step, line * step))
    sheet.save(path)


def _tile(values: NDArray[Any]) -> Image.Image:
    """Return an image (C, H, W) as a tile; floats from their least to their greatest value."""
    if values.dtype != np.uint8:
        low, high = float(values.min()), float(values.max())
        values = ((values - low) / ((high - low) or 1.0) * 255).astype(np.uint8)
    # Of more than three channels the first.
    image = Image.fromarray(np.ascontiguousarray(np.moveaxis(values, 0, -1)) if len(values) == 3 else values[0])
    factor = TILE // max(image.size)
    size = (image.width * factor, image.height * factor) if factor else None
    if size:
        return image.resize(size, Image.Resampling.NEAREST).convert("RGB")
    image.thumbnail((TILE, TILE))
    return image.convert("RGB")

"""Data of any size to measure with: photos made from Fashion-MNIST's images, and tables of numbers and categories.

Random shifts and brightness make each photo another one; they are JPEG files in a folder for each class. Tables have
20 columns, 5 of them categories; the target follows from some of them.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from nas_dev.datasets import fashion_mnist
from nas_dev.datasets.image_text_table import read
from nas_dev.steps import Steps

NUMBERS, CATEGORIES, LEVELS = 15, 5, 12
ROWS_AT_ONCE = 1 << 18


def photos(directory: Path, count: int, side: int, quality: int = 90) -> Path:
    """Write colour JPEG files of ``side`` x ``side`` pixels to ``<class>/<number>.jpg``; return the folder."""
    whole = directory / f"photos-{count}-{side}"
    if whole.exists():
        return whole
    images, labels = read(fashion_mnist.files(Steps()), "train")
    making = whole.with_suffix(".making")
    for label in np.unique(labels):
        (making / f"class-{label}").mkdir(parents=True, exist_ok=True)

    def write(number: int) -> None:
        draw = np.random.default_rng(number)
        which = number % len(images)
        content = photo(images[which], side, draw, quality)
        (making / f"class-{labels[which]}" / f"{number:07d}.jpg").write_bytes(content)

    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(write, range(count), chunksize=256):
            pass
    return making.rename(whole)


def photo(image: NDArray[np.uint8], side: int, draw: np.random.Generator, quality: int) -> bytes:
    """Return a grey image (28, 28) as a colour photo, shifted and lit at random."""
    shifted = np.roll(image, draw.integers(-3, 4, 2), axis=(0, 1))
    light = draw.uniform(0.6, 1.0, 3)
    coloured = np.clip(shifted[..., None] * light + draw.integers(0, 24), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(coloured).resize((side, side), Image.Resampling.BILINEAR).save(file, "JPEG", quality=quality)
    return file.getvalue()


def table(directory: Path, rows: int) -> Path:
    """Write a Parquet file of 20 columns and ``label``; return its path."""
    whole = directory / f"table-{rows}.parquet"
    if whole.exists():
        return whole
    names = [f"number_{i}" for i in range(NUMBERS)] + [f"category_{i}" for i in range(CATEGORIES)] + ["label"]
    making = whole.with_suffix(".making")
    levels = pa.array([f"level {level}" for level in range(LEVELS)])
    draw = np.random.default_rng(7)
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, rows - start)
        numbers = draw.normal(size=(NUMBERS, count))
        codes = draw.integers(0, LEVELS, (CATEGORIES, count), np.int32)
        score = numbers[0] + numbers[1] * numbers[2] + 0.3 * codes[0] - 1.6 + draw.normal(size=count)
        columns: list[pa.Array] = [pa.array(column) for column in numbers]
        columns += [pa.DictionaryArray.from_arrays(pa.array(column), levels).cast(pa.string()) for column in codes]
        columns.append(pa.array(np.where(score > 0, "yes", "no")))
        batch = pa.table(columns, names)
        writer = writer or pq.ParquetWriter(making, batch.schema)
        writer.write_table(batch)
    assert writer is not None
    writer.close()
    return making.rename(whole)

"""Examples as read: one array of images and one of labels, and what must hold of them whatever their form was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.errors import DatasetInvalid


@dataclass(frozen=True)
class RawData:
    """Images (N, C, H, W) as uint8 or float32, labels (N) as int64 counting the classes from 0."""

    x: NDArray[Any]
    y: NDArray[np.int64]
    classes: tuple[str, ...]
    where: str
    """Where they come from, for messages."""


def from_arrays(x: NDArray[Any], labels: NDArray[Any], where: str) -> RawData:
    """Bring images (N, H, W), (N, H, W, C) or (N, C, H, W) and any labels into one form.

    Raises:
        DatasetInvalid: if they are not of such shapes, or do not belong together.
    """
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and x.shape[-1] in (1, 3, 4) and x.shape[1] not in (1, 3, 4):
        x = np.moveaxis(x, -1, 1)
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise DatasetInvalid(f"{where}: images have shape {x.shape}; use (N, H, W), (N, H, W, C) or (N, C, H, W)")
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or len(labels) != len(x):
        raise DatasetInvalid(f"{where}: {len(x)} images but labels of shape {labels.shape}; give one label an image")
    if x.dtype != np.uint8:
        if not np.issubdtype(x.dtype, np.number):
            raise DatasetInvalid(f"{where}: images are of type {x.dtype}; give numbers")
        x = x.astype(np.float32)
    if np.issubdtype(labels.dtype, np.floating) and not np.isfinite(labels).all():
        raise DatasetInvalid(f"{where}: label of row {int(np.flatnonzero(~np.isfinite(labels))[0])} is not a number")
    names, y = np.unique(labels, return_inverse=True)
    return RawData(x, y.astype(np.int64), tuple(str(name) for name in names), where)


def check(data: RawData) -> None:
    """Return if the data can be learned from.

    Raises:
        DatasetInvalid: if it is empty, has one class, a class of one example, or a value that is no number.
    """
    if not len(data.x):
        raise DatasetInvalid(f"{data.where}: there are no examples")
    if len(data.classes) < 2:
        raise DatasetInvalid(f"{data.where}: every example is of class {data.classes[0]!r}; give at least two classes")
    counts = np.bincount(data.y)
    if counts.min() < 2:
        name = data.classes[int(counts.argmin())]
        raise DatasetInvalid(f"{data.where}: class {name!r} has one example; give at least two, or remove the class")
    if data.x.dtype != np.uint8:
        bad = ~np.isfinite(data.x.reshape(len(data.x), -1)).all(axis=1)
        if bad.any():
            raise DatasetInvalid(
                f"{data.where}: image of row {int(np.flatnonzero(bad)[0])} holds values that are no numbers (NaN or "
                f"infinite); {int(bad.sum())} rows do; clean or remove them"
            )

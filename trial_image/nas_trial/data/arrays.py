"""Turns arrays, in the shapes that people save them, into :class:`RawData`; the task says which input they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data import audio
from nas_trial.data.formats import TABLES, any_of
from nas_trial.data.raw import RawData, in_memory, table
from nas_trial.errors import DatasetInvalid


def from_arrays(x: NDArray[Any], labels: NDArray[Any], where: str, task: Task) -> RawData:
    """Bring one array of examples and one of labels (N) or (N, 1) into one form.

    Raises:
        DatasetInvalid: if they are not of the shapes and types of the task, or do not belong together.
    """
    inputs = _inputs(x, where, task)
    # A column (N, 1) is how Keras, for one, ships the labels of CIFAR-10.
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or len(labels) != len(x):
        raise DatasetInvalid(f"{where}: {len(x)} examples but labels of shape {labels.shape}; give one label each")
    return in_memory(inputs, labels, where)


def _inputs(x: NDArray[Any], where: str, task: Task) -> dict[str, NDArray[Any]]:
    match task.type:
        case "image-classification":
            return {"image": _images(x, where)}
        case "time-series-classification":
            shaped = x[:, None] if x.ndim == 2 else x  # (N, 1, T)
            return {"series": _numbers(shaped, 3, "series", "(N, C, T) or (N, T)", x.shape, where).astype(np.float32)}
        case "audio-classification":
            return {"audio": _sounds(_numbers(x, 2, "sounds", "(N, T)", x.shape, where), where, task)}
        case "tabular-classification" | "regression":
            # float64: timestamps and identifiers would lose digits in float32 before they are standardised.
            return table(_numbers(x, 2, "rows", "(N, F)", x.shape, where).astype(np.float64))
        # Texts of a fixed width only: arrays of objects would need pickle.
        case "text-classification" if x.ndim == 1 and x.dtype.kind == "U":
            return {"text": x.astype(object)}
    raise DatasetInvalid(
        f"{where}: arrays of shape {x.shape} and type {x.dtype} are no data for task.type {task.type}; "
        f"give a table ({any_of(TABLES)}), or set task.type"
    )


def _images(x: NDArray[Any], where: str) -> NDArray[Any]:
    shape = x.shape
    if x.ndim == 3:
        x = x[:, None]  # (N, 1, H, W)
    # Channels last, unless the second dimension may be the channels just as well.
    elif x.ndim == 4 and x.shape[-1] in (1, 3, 4) and x.shape[1] not in (1, 3, 4):
        x = np.moveaxis(x, -1, 1)  # (N, C, H, W)
    x = _numbers(x, 4, "images", "(N, H, W), (N, H, W, C) or (N, C, H, W)", shape, where)
    # Bytes stay bytes, a quarter of the memory; they become float batch by batch.
    return x if x.dtype == np.uint8 else x.astype(np.float32)


def _sounds(x: NDArray[Any], where: str, task: Task) -> NDArray[np.float32]:
    """Sound is between -1 and 1: whole numbers are taken as samples of their type's range."""
    if np.issubdtype(x.dtype, np.integer):
        x = x / float(np.iinfo(x.dtype).max)  # 16-bit samples reach from -32768 to 32767
    # NaN passes here: `check` names the row that holds it.
    elif np.abs(np.nan_to_num(x)).max(initial=0) > 1:
        raise DatasetInvalid(f"{where}: sounds hold values beyond -1 and 1; scale them, or give whole numbers")
    length = audio.samples(task.dataset.audio)
    return np.stack([audio.fit(row, length) for row in x.astype(np.float32)])


def _numbers(x: NDArray[Any], dimensions: int, what: str, use: str, given: tuple[int, ...], where: str) -> NDArray[Any]:
    # No examples at all pass here: `targets` has a better message for that.
    if x.ndim != dimensions or 0 in x.shape[1:]:
        raise DatasetInvalid(f"{where}: {what} have shape {given}; use {use}")
    if not np.issubdtype(x.dtype, np.number) and x.dtype != np.bool_:
        raise DatasetInvalid(f"{where}: {what} are of type {x.dtype}; give numbers")
    return x

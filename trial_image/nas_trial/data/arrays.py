"""Turns arrays, in the shapes that people save them, into :class:`RawData`; the task says which input they are.

Arrays may lie in files that are mapped into memory: they are converted piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_core.data_arrays import is_one_hot
from nas_core.data_files import TABLES
from nas_model.preprocessing.piece import Piece
from nas_model.preprocessing.sounds import from_array
from nas_trial.data import audio
from nas_trial.data.formats import any_of
from nas_trial.data.image_axes import channels_last
from nas_trial.data.raw import RawData, piece_rows, table
from nas_trial.errors import DatasetInvalid

Array = NDArray[Any]
Convert = Callable[[Array, int], Piece]
"""Makes a piece of some rows, of which the first has this number."""


def from_arrays(x: Array, y: Array, where: str, task: Task) -> RawData:
    """Bring one array of examples and one of labels or targets into one form.

    Args:
        x: the examples (N, ...).
        y: labels or numbers (N) or (N, 1); (N, outputs) where a regression or a task with several labels has several.
        where: where they come from, for messages.
        task: what they are for.

    Raises:
        DatasetInvalid: if they are not of the shapes and types of the task, or do not belong together.
    """
    convert = _converter(x, where, task)
    targets = _targets(y, len(x), where, task)
    # As wide as the widest type that they are converted to, which takes eight bytes.
    rows = piece_rows(8 * int(np.prod(x.shape[1:])))

    def read() -> Iterator[Piece]:
        # Of no examples there is one piece, which holds none.
        for start in range(0, max(1, len(x)), rows):
            yield convert(x[start : start + rows], start)

    return RawData(read, targets, where)


def _converter(x: Array, where: str, task: Task) -> Convert:
    match task.type:
        case "image-classification":
            return _images(x, where)
        case "time-series-classification":
            _require_numbers(x, (2, 3), "series", "(N, C, T) or (N, T)", where)
            # (N, T) is (N, 1, T).
            return lambda part, _: {"series": (part if part.ndim == 3 else part[:, None]).astype(np.float32)}
        case "audio-classification":
            _require_numbers(x, (2,), "sounds", "(N, T)", where)
            length = audio.samples(task.dataset.audio)
            return lambda part, start: {"audio": from_array(part, start, length, where)}
        case "tabular-classification" | "regression":
            _require_numbers(x, (2,), "rows", "(N, F)", where)
            # float64: timestamps and identifiers would lose digits in float32 before they are standardised.
            return lambda part, _: table(part.astype(np.float64))
        # Texts of a fixed width only: arrays of objects would need pickle.
        case "text-classification" if x.ndim == 1 and x.dtype.kind == "U":
            return lambda part, _: {"text": part.astype(object)}
    raise DatasetInvalid(
        f"{where}: arrays of shape {x.shape} and type {x.dtype} are no data for task.type {task.type}; "
        f"give a table ({any_of(TABLES)}), or set task.type"
    )


def _images(x: Array, where: str) -> Convert:
    _require_numbers(x, (3, 4), "images", "(N, H, W), (N, H, W, C) or (N, C, H, W)", where)
    last = x.ndim == 4 and channels_last(x.shape[1:], where)

    def convert(part: Array, start: int) -> Piece:
        if part.ndim == 3:
            part = part[:, None]  # (n, 1, H, W)
        elif last:
            part = np.moveaxis(part, -1, 1)  # (n, C, H, W)
        # Bytes stay bytes, a quarter of the memory; they become float batch by batch.
        return {"image": np.ascontiguousarray(part, np.uint8 if part.dtype == np.uint8 else np.float32)}

    return convert


def _targets(y: Array, examples: int, where: str, task: Task) -> Array:
    # A column (N, 1) is how Keras, for one, ships the labels of CIFAR-10.
    targets = np.asarray(y.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y)
    several = task.multi_label or task.type == "regression"
    if not several and targets.ndim == 2 and is_one_hot(targets):
        targets = targets.argmax(1)
    if (targets.ndim != 1 and not (targets.ndim == 2 and several)) or len(targets) != examples:
        use = "one row of targets each" if several else "one label each"
        more = "; for several labels of one example set task.multiLabel" if targets.ndim == 2 and not several else ""
        raise DatasetInvalid(f"{where}: {examples} examples but labels of shape {targets.shape}; give {use}{more}")
    if targets.dtype.kind not in "biufSU":
        raise DatasetInvalid(f"{where}: labels are of type {targets.dtype}; give numbers or texts")
    if targets.dtype.kind == "S":  # what NumPy makes of a list of bytes, and h5py of texts
        targets = np.array([_text(label) for label in targets.flat], str).reshape(targets.shape)
    if task.multi_label:
        _require_true_or_false(targets, where)
    return targets


def _text(label: bytes) -> str:
    try:
        return label.decode()
    except UnicodeDecodeError:
        return label.decode("latin-1")  # which has a character for each byte


def _require_true_or_false(targets: Array, where: str) -> None:
    if targets.ndim != 2:
        raise DatasetInvalid(f"{where}: labels have shape {targets.shape}; task.multiLabel needs (N, classes)")
    bad = np.argwhere(~np.isin(targets, (0, 1)))
    if len(bad):
        row, column = map(int, bad[0])
        raise DatasetInvalid(
            f"{where}: row {row}, label {column} is {targets[row, column]}; labels of task.multiLabel are 0 or 1, or "
            f"true or false; {len(np.unique(bad[:, 0]))} rows hold other values"
        )


def _require_numbers(x: Array, dimensions: tuple[int, ...], what: str, use: str, where: str) -> None:
    # No examples at all pass here: `targets` has a better message for that.
    if x.ndim not in dimensions or 0 in x.shape[1:]:
        raise DatasetInvalid(f"{where}: {what} have shape {x.shape}; use {use}")
    if x.dtype.kind not in "biuf":
        raise DatasetInvalid(f"{where}: {what} are of type {x.dtype}; give numbers")

"""Targets as numbers: labels become classes counted from 0, the targets of a regression stay numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_core.table_values import name_of
from nas_model.preprocessing.piece import LARGEST, MISSING
from nas_trial.data.raw import Index, RawData
from nas_trial.errors import CandidateRejected, DatasetInvalid

Targets = NDArray[Any]
"""Classes (N) int64; numbers (N) or (N, outputs) float64; several labels (N, classes) float32."""

REGRESSION_STRATA = 10
FEW_ROWS = 10
"""Rows in a stratum of a regression at least."""


def class_names(data: RawData, task: Task) -> tuple[str, ...]:
    """Return the classes of the training rows in the order of their labels; of two, the positive one is the last.

    Of several labels (``task.multiLabel``), the names of the outputs.

    Raises:
        DatasetInvalid: if a label is missing, or there are fewer than two classes.
        CandidateRejected: if task.positiveClass is none of two classes.
    """
    require(data)
    if task.multi_label:
        return _outputs(data)
    names = _ordered(_labels_in_use(data))
    if len(names) < 2:
        # Folders and arrays have no columns to choose from.
        other = ", or set task.dataset.target" if data.columns else ""
        raise DatasetInvalid(f"{data.where}: every example is of class {names[0]!r}; give at least two classes{other}")
    positive = task.positive_class
    if positive is None:
        return names
    if positive not in names or len(names) != 2:
        raise CandidateRejected(
            "SpecInvalid",
            f"task.positiveClass {positive!r} must be one of two classes; {data.where} has {listed(names)}",
        )
    return (*(name for name in names if name != positive), positive)


def classes(data: RawData, names: tuple[str, ...]) -> Index:
    """Return the number of each example's class (N).

    Raises:
        DatasetInvalid: if a label is missing or is none of the classes.
    """
    require(data)
    codes = {name: number for number, name in enumerate(names)}
    # Each label is looked up once, not each example.
    if data.labels is not None:
        labels, places = data.labels, data.targets
    else:
        different, inverse = np.unique(data.targets, return_inverse=True)
        labels, places = tuple(map(name_of, different)), inverse.reshape(-1)
    numbered: Index = np.array([codes.get(label, -1) for label in labels], np.int64)[places]
    if (numbered < 0).any():
        row = int(np.flatnonzero(numbered < 0)[0])
        raise DatasetInvalid(
            f"{data.where}: {data.row(row)} is of class {labels[places[row]]!r}, which no training example has; "
            "correct the label or add examples"
        )
    return numbered


def numbers(data: RawData) -> NDArray[np.float64]:
    """Return the targets of a regression: (N), or (N, outputs) of several.

    Raises:
        DatasetInvalid: if one is missing, or is no number up to `LARGEST`.
    """
    require(data)
    names = np.array(data.labels, object)[data.targets] if data.labels is not None else data.targets
    # 64 bits: 32 hold no differences of seconds in numbers that count them from 1970.
    values = names.astype(np.float64) if names.dtype.kind in "biuf" else np.vectorize(_number, [float])(names)
    # NaN is not within the limit either. One number far beyond the others makes these equal once they are scaled.
    bad = _first(~(np.abs(values) <= LARGEST))
    if bad:
        row, output, count = bad
        found, value = names.reshape(len(names), -1)[row, output], values.reshape(len(values), -1)[row, output]
        which = f"target {_outputs(data)[output]!r}" if values.ndim == 2 else "target"
        why = "beyond 1e30" if np.isfinite(value) else "no number"
        remedy = "remove them" if np.isfinite(value) else "correct them, or set task.type to a classification"
        raise DatasetInvalid(
            f"{data.where}: the {which} of {data.row(row)} is {str(found)[:80]!r}, which is {why}; {count} rows have "
            f"such a target; {remedy}"
        )
    if len(values) > 1 and (values == values[0]).all():
        raise DatasetInvalid(f"{data.where}: every target is {values.flat[0]:g}; there is nothing to learn")
    return values


def flags(data: RawData, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Return which of several labels each example has: (N, classes), 0 and 1.

    Raises:
        DatasetInvalid: if one is missing, or there are not as many as names.
    """
    require(data)
    values = data.targets
    if values.ndim != 2 or values.shape[1] != len(names):
        raise DatasetInvalid(
            f"{data.where}: targets are of shape {values.shape}; task.multiLabel needs (N, {len(names)}), one for "
            "each class"
        )
    return values.astype(np.float32)


def encode(data: RawData, names: tuple[str, ...], *, several: bool = False) -> Targets:
    """Return the targets as they are learned: numbers of the named classes, or without names those of a regression.

    ``several`` labels an example (task.multiLabel) are 0 or 1 for each name. Raises DatasetInvalid if a target is
    missing, or none of the classes, or no finite number.
    """
    if several:
        return flags(data, names)
    return classes(data, names) if names else numbers(data)


def require(data: RawData) -> None:
    """Return if there are examples and each has a target."""
    if not len(data):
        raise DatasetInvalid(f"{data.where}: there are no examples")
    if data.labels is not None:
        missing = data.targets == MISSING
    elif data.targets.dtype == object:
        # NaN is the one value that differs from itself.
        missing = np.vectorize(lambda value: value is None or value != value, [bool])(data.targets)
    else:
        missing = data.targets != data.targets
    found = _first(missing)
    if found:
        row, output, count = found
        which = "no target" if missing.ndim == 1 else f"no target {_outputs(data)[output]!r}"
        raise DatasetInvalid(f"{data.where}: {data.row(row)} has {which}; {count} rows have none; fill or remove them")


def strata(targets: Targets) -> Index:
    """Return what splits keep the shares of (N).

    The classes themselves; of a regression the ranges of its targets, of several the first one's; of several labels
    the number that an example has.
    """
    if np.issubdtype(targets.dtype, np.integer):
        return targets
    if targets.ndim == 2 and np.isin(targets, (0, 1)).all():
        present: Index = targets.sum(1).astype(np.int64)
        return present
    first = targets if targets.ndim == 1 else targets[:, 0]
    count = max(1, min(REGRESSION_STRATA, len(targets) // FEW_ROWS))
    # Ranges of equally many targets: the rank of each, then its part of all ranks.
    ranks = np.argsort(np.argsort(first, kind="stable"), kind="stable")
    return ranks * count // len(targets)


def listed(names: Sequence[str]) -> str:
    """Return names for a message, the first 20."""
    shown = ", ".join(map(str, names[:20]))
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown


def _labels_in_use(data: RawData) -> list[str]:
    """Return the labels of the rows that may be trained on, as text."""
    train = data.targets if data.given is None else data.targets[data.given == "train"]
    different = np.unique(train if len(train) else data.targets)
    return [
        data.labels[place] if data.labels is not None else name_of(different[i]) for i, place in enumerate(different)
    ]


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Return different names in the order of numbers, if they all are: 2 before 10; else in that of the alphabet."""
    different = sorted(set(names))
    values = [_number(name) for name in different]
    if any(value != value for value in values):
        return tuple(different)
    return tuple(name for _, name in sorted(zip(values, different, strict=True)))


def _outputs(data: RawData) -> tuple[str, ...]:
    """Return the names of several targets; those of arrays are their numbers, from 0."""
    count = 1 if data.targets.ndim == 1 else data.targets.shape[1]
    return (data.columns or {}).get("target") or tuple(map(str, range(count)))


def _first(wrong: NDArray[np.bool_]) -> tuple[int, int, int] | None:
    """Return the first wrong row (N) or (N, outputs), which output it is, and how many rows are wrong."""
    rows = wrong.any(1) if wrong.ndim == 2 else wrong
    if not rows.any():
        return None
    row = int(rows.argmax())
    return row, int(wrong[row].argmax()) if wrong.ndim == 2 else 0, int(np.count_nonzero(rows))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")

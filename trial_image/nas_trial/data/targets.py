"""Targets as numbers: labels become classes counted from 0, the targets of a regression stay numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.data.raw import MISSING, Index, RawData
from nas_trial.errors import CandidateRejected, DatasetInvalid

Targets = NDArray[Any]
"""Classes as int64, or numbers as float64: (N)."""

REGRESSION_STRATA = 10
FEW_ROWS = 10
"""Rows in a stratum of a regression at least."""


def class_names(data: RawData, task: Task) -> tuple[str, ...]:
    """Return the classes in the order of their labels; of two, the positive one is the last.

    Raises:
        DatasetInvalid: if a label is missing, or there are fewer than two classes.
        CandidateRejected: if task.positiveClass is none of two classes.
    """
    require(data)
    names = tuple(sorted(data.labels)) if data.labels is not None else _named(data.targets)
    if len(names) < 2:
        raise DatasetInvalid(
            f"{data.where}: every example is of class {names[0]!r}; give at least two classes, or set "
            "task.dataset.target"
        )
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
    """Return the targets of a regression (N).

    Raises:
        DatasetInvalid: if one is missing, or is no finite number.
    """
    require(data)
    names = np.array(data.labels, object)[data.targets] if data.labels is not None else data.targets
    values = np.array([_number(value) for value in names], np.float64)
    if len(values) > 1 and values.min() == values.max():
        raise DatasetInvalid(f"{data.where}: every target is {values[0]:g}; there is nothing to learn")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        row = int(bad[0])
        raise DatasetInvalid(
            f"{data.where}: the target of {data.row(row)} is {names[row]!r}, which is no number; {len(bad)} "
            "rows have such a target; correct them, or set task.type to a classification"
        )
    return values


def encode(data: RawData, names: tuple[str, ...]) -> Targets:
    """Return the targets (N) as they are learned: numbers of the named classes, or without names those of a regression.

    Raises:
        DatasetInvalid: if a target is missing, or none of the classes, or no finite number.
    """
    return classes(data, names) if names else numbers(data)


def require(data: RawData) -> None:
    """Return if there are examples and each has a target."""
    if not len(data):
        raise DatasetInvalid(f"{data.where}: there are no examples")
    # NaN is the one value that differs from itself.
    if data.labels is not None:
        missing = np.flatnonzero(data.targets == MISSING)
    else:
        missing = np.flatnonzero([value is None or value != value for value in data.targets.tolist()])
    if len(missing):
        raise DatasetInvalid(
            f"{data.where}: {data.row(int(missing[0]))} has no target; {len(missing)} rows have none; fill or remove "
            "them"
        )


def strata(targets: Targets) -> Index:
    """Return what splits keep the shares of: the classes themselves, of a regression the ranges of its targets."""
    if np.issubdtype(targets.dtype, np.integer):
        return targets
    count = max(1, min(REGRESSION_STRATA, len(targets) // FEW_ROWS))
    # Ranges of equally many targets: the rank of each, then its part of all ranks.
    ranks = np.argsort(np.argsort(targets, kind="stable"), kind="stable")
    return ranks * count // len(targets)


def name_of(label: Any) -> str:
    """Return a label as text: whole numbers without a fraction, whatever column type they were read as."""
    # A column of whole numbers with one value missing is read as floats; 3.0 is still class 3.
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label)


def listed(names: tuple[str, ...] | list[str]) -> str:
    """Return names for a message, the first 20."""
    shown = ", ".join(map(str, names[:20]))
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown


def _named(labels: NDArray[Any]) -> tuple[str, ...]:
    """Return the different labels as text, in the order of what they are: 2 before 10."""
    return tuple(dict.fromkeys(name_of(value) for value in np.unique(labels)))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")

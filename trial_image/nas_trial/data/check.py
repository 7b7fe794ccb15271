"""Checks of the data: mistakes that make training useless are errors, oddities are warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_model.preprocessing.piece import LARGEST, Piece
from nas_trial.data.raw import Index, RawData
from nas_trial.errors import DatasetInvalid

MANY_EQUAL = 0.9
"""Share of examples that repeat another from which on something must have gone wrong."""
DARK = 64
"""Of bytes: where none reaches it, the upper two bits are empty."""


class ValueCheck:
    """Looks at all values, piece by piece."""

    def __init__(self, data: RawData) -> None:
        self._data = data
        self._first: dict[str, str] = {}
        self._rows: dict[str, int] = {}
        self.brightest = 0
        """The greatest value of images of bytes."""

    def add(self, piece: Piece, start: int) -> None:
        """Look at the examples of a piece, the first of which is row ``start``."""
        if (images := piece.get("image")) is not None and images.dtype == np.uint8:
            self.brightest = max(self.brightest, int(images.max(initial=0)))
        for kind in ("image", "audio", "series"):
            values = piece.get(kind)
            if values is None or not np.issubdtype(values.dtype, np.floating):  # bytes have no NaN
                continue
            flat = values.reshape(len(values), -1)  # (n, values of an example)
            # NaN is not within the limit either.
            usable = np.abs(flat) <= LARGEST
            # A series may have missing values, such as the end of a short one; one without any is a mistake.
            good = (
                (usable | np.isnan(flat)).all(axis=1) & usable.any(axis=1) if kind == "series" else usable.all(axis=1)
            )
            if not good.all():
                self._note(
                    kind,
                    np.flatnonzero(~good),
                    start,
                    f"{kind} of ",
                    " has values that are NaN, infinite or beyond 1e30",
                )
        if (numbers := piece.get("numeric")) is not None:  # (n, F)
            # NaN is a missing value here, and becomes the mean. An infinite one would make the mean infinite.
            bad = np.abs(numbers) > LARGEST
            if bad.any():
                row, column = np.argwhere(bad)[0]
                name = self._data.column("numeric", int(column))
                self._note(
                    "numeric",
                    np.flatnonzero(bad.any(axis=1)),
                    start,
                    f"{name}, ",
                    f" is {_worded(numbers[row, column])}",
                )

    def finish(self) -> None:
        """Return if every value is usable.

        Raises:
            DatasetInvalid: if an image, a sound, a series or a table holds values that are no numbers or too large; the
                message names the row, and of a table the column.
        """
        for kind, first in self._first.items():
            remedy = (
                "correct them, or leave the field empty where there is no value"
                if kind == "numeric"
                else "clean or remove them"
            )
            raise DatasetInvalid(f"{self._data.where}: {first}; {self._rows[kind]} rows have such values; {remedy}")

    def _note(self, kind: str, bad: Index, start: int, before: str, after: str) -> None:
        row = start + int(bad[0])
        self._first.setdefault(kind, before + self._data.row(row) + after)
        self._rows[kind] = self._rows.get(kind, 0) + len(bad)


def check_classes(data: RawData, y: Index, classes: tuple[str, ...], rows: Index) -> None:
    """Return if the rows that are divided hold at least two examples of each class.

    Raises:
        DatasetInvalid: if a class has fewer; the message names it.
    """
    counts = np.bincount(y[rows], minlength=len(classes))
    # One to learn from and one to be judged by.
    if counts.min() < 2:
        rare = int(counts.argmin())
        count = "one example" if counts[rare] else "no training example"
        raise DatasetInvalid(
            f"{data.where}: class {classes[rare]!r} has {count}; give at least two, or remove the class"
        )


def single_valued(data: RawData, kind: str, single: Sequence[bool] | NDArray[np.bool_]) -> list[str]:
    """Return a warning for each column of a kind, numeric or categorical, that has one value (columns)."""
    return [
        f"{data.where}: {data.column(kind, number)} has a single value and no effect"
        for number in np.flatnonzero(single).tolist()
    ]


def empty_texts(data: RawData, rows: Sequence[int]) -> list[str]:
    """Return a warning if training rows, these, have an empty text."""
    if not rows:
        return []
    return [f"{data.where}: {data.row(rows[0])} has an empty text; {len(rows)} training rows do"]


def check_different(data: RawData, same: Index) -> None:
    """Return unless all images have become equal as they were read; ``same`` (N) says which examples are equal.

    Raises:
        DatasetInvalid: if they have; the message says what was made of them.
    """
    if data.form and len(same) > 1 and (same == same[0]).all():
        equal = f"all {len(same)} examples are equal{_once_brought(data)}"
        raise DatasetInvalid(f"{data.where}: {equal}; look at the files")


def dark(data: RawData, brightest: int) -> list[str]:
    """Return a warning if image files are nearly black, as the greatest value of all tells."""
    if not data.form or brightest >= DARK:
        return []
    return [
        f"{data.where}: no image has a value above {brightest} of 255: they are nearly black; if the files are of 16 "
        "bits, of which they fill fewer, convert them to 8 bits"
    ]


def repeated(data: RawData, targets: NDArray[Any], same: Index) -> list[str]:
    """Return a warning if examples repeat one another; ``same`` (N) says which are equal."""
    # (groups), (N), (groups)
    first, inverse, counts = np.unique(same, return_index=True, return_inverse=True, return_counts=True)[1:]
    copies = len(same) - len(counts)
    if not copies:
        return []
    differing = int((targets != targets[first][inverse]).reshape(len(same), -1).any(1).sum())
    contradicting = f", {differing} of them with another target" if differing else ""
    # The first row that is not itself the first of its group.
    row = int(np.flatnonzero(first[inverse] != np.arange(len(same)))[0])
    # If so many images are equal, what was made of them may have made them so.
    why = _once_brought(data) if copies >= MANY_EQUAL * len(same) else ""
    return [
        f"{data.where}: {copies} of {len(same)} rows repeat another ({data.row(row)} that of "
        f"{data.row(int(first[inverse][row]))}){why}{contradicting}"
    ]


def _once_brought(data: RawData) -> str:
    return f", once images are brought to {data.form}" if data.form else ""


def _worded(value: float) -> str:
    return "infinite" if np.isinf(value) else f"{value:g}, beyond 1e30"

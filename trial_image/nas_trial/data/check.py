"""Checks of the data: mistakes that make training useless are errors, oddities are warnings."""

from __future__ import annotations

import numpy as np

from nas_trial.data.raw import Index, RawData
from nas_trial.errors import DatasetInvalid


def check_values(data: RawData) -> None:
    """Return if every value is usable.

    Raises:
        DatasetInvalid: if an image, a sound, a series or a table holds values that are no numbers; the message names
            the row, and of a table the column.
    """
    for kind in ("image", "audio", "series"):
        values = data.inputs.get(kind)
        if values is None or values.dtype == np.uint8:  # bytes have no NaN
            continue
        flat = values.reshape(len(values), -1)  # (N, values of an example)
        # A series may have missing values, such as the end of a short one; one without any is a mistake.
        usable = (~np.isinf(flat)).all(1) & (~np.isnan(flat)).any(1) if kind == "series" else np.isfinite(flat).all(1)
        bad = np.flatnonzero(~usable)
        if len(bad):
            raise DatasetInvalid(
                f"{data.where}: {kind} of {data.row(int(bad[0]))} has values that are NaN or infinite; "
                f"{len(bad)} rows have such values; clean or remove them"
            )
    if (numbers := data.inputs.get("numeric")) is not None:  # (N, F)
        # NaN is a missing value here, and becomes the mean. An infinite one would make the mean infinite.
        rows, columns = np.nonzero(np.isinf(numbers))
        if len(rows):
            raise DatasetInvalid(
                f"{data.where}: {data.column('numeric', int(columns[0]))}, {data.row(int(rows[0]))} is infinite; "
                f"{len(np.unique(rows))} rows have such values; clean or remove them"
            )


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


def find_oddities(data: RawData, train: Index) -> list[str]:
    """Return what is odd about the columns and texts of the training rows."""
    warnings = [f"{data.where}: {warning}" for warning in data.warnings]
    for kind in ("numeric", "categorical"):
        values = data.inputs.get(kind)
        for number in range(0 if values is None else values.shape[1]):
            column = data.inputs[kind][train, number]
            if _constant(column):
                warnings.append(f"{data.where}: {data.column(kind, number)} has a single value and no effect")
    if (texts := data.inputs.get("text")) is not None:
        empty = [row for row in train if not texts[row].strip()]
        if empty:
            warnings.append(f"{data.where}: {data.row(int(empty[0]))} has an empty text; {len(empty)} training rows do")
    return warnings


def repeated(data: RawData, targets: np.ndarray, same: Index) -> list[str]:
    """Return a warning if examples repeat one another, which have equal numbers in ``same`` (N)."""
    # (groups), (N), (groups)
    first, inverse, counts = np.unique(same, return_index=True, return_inverse=True, return_counts=True)[1:]
    copies = len(same) - len(counts)
    if not copies:
        return []
    differing = int((targets != targets[first][inverse]).sum())
    contradicting = f", {differing} of them with another target" if differing else ""
    # The first row that is not itself the first of its group.
    row = int(np.flatnonzero(first[inverse] != np.arange(len(same)))[0])
    return [
        f"{data.where}: {copies} of {len(same)} rows repeat another ({data.row(row)} that of "
        f"{data.row(int(first[inverse][row]))}){contradicting}"
    ]


def _constant(column: np.ndarray) -> bool:
    if column.dtype == object:
        return len(set(column)) == 1
    # All missing first: of nothing but NaN, nanmin has no minimum and warns.
    return bool(np.isnan(column).all() or np.nanmin(column) == np.nanmax(column))

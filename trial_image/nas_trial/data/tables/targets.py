"""The columns of targets, and those that say how rows are divided, collected row by row in the first pass."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nas_core.data_files import PARTS
from nas_model.preprocessing.piece import LARGEST, MISSING
from nas_model.preprocessing.values import Values
from nas_trial.data.tables.names import MOST_NAMES, Names, final
from nas_trial.data.tables.table import Table
from nas_trial.errors import DatasetInvalid

FLAGS = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}
"""What a column of one of several labels may hold."""


class Collector(Protocol):
    """Takes a column batch by batch."""

    def add(self, values: Values, start: int) -> None:
        """Take n values of which the first is of row ``start``; raises DatasetInvalid naming a row that is wrong."""


class Labels:
    """Labels as places in the list of the different ones: (N) int32, -1 where there is none."""

    def __init__(self, name: str, where: str) -> None:
        self._name, self._where = name, where
        self._names, self._places = Names(), list[NDArray[np.int32]]()
        self._others = 0

    def add(self, values: Values, start: int) -> None:
        """Take n labels."""
        if not values.usable:
            _refuse(self._where, self._name, "", f"holds values of type {values.array.type}, which are no labels")
        self._places.append(self._names.add(values))
        self._others += int(np.count_nonzero(values.present & ~values.booleans()))
        if self._names.too_many:
            _refuse(
                self._where,
                self._name,
                "",
                f"holds more than {MOST_NAMES} different labels; name another target, or set task.type to regression",
            )

    @property
    def last(self) -> NDArray[np.int32]:
        """The places of the labels that came last, in the order in which labels came."""
        return self._places[-1]

    @property
    def is_boolean(self) -> bool:
        """Whether all labels are true and false."""
        return not self._others

    def places(self) -> NDArray[np.int32]:
        """Return the places of all (N), in the order in which labels came."""
        return np.concatenate(self._places) if self._places else np.zeros(0, np.int32)

    def result(self, booleans: bool) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the places of all (N) and the labels; ``booleans`` as in :func:`names.final`."""
        names, new = final(self._names.places, booleans)
        return new[self.places()], names


class Numeric:
    """Numbers (N) float64, NaN where there is none."""

    def __init__(self, name: str | None, table: Table, where: str, remedy: str) -> None:
        self._name, self._table, self._where, self._remedy = name or "", table, where, remedy
        self._values: list[NDArray[np.float64]] = []

    def add(self, values: Values, start: int) -> None:
        """Take n numbers or dates."""
        _single(values, self._where, self._name)
        numbers = values.numbers(named=True)
        bad = numbers.other | (np.abs(numbers.values) > LARGEST)
        if bad.any():
            place = int(bad.argmax())
            found = values.array[place].as_py()
            row = self._table.row(start + place)
            beyond = bool(np.isfinite(numbers.values[place]))
            why = "beyond 1e30; correct it, or remove the row" if beyond else f"no finite number; {self._remedy}"
            _refuse(self._where, self._name, row, f"{str(found)[:80]!r} is {why}")
        self._values.append(numbers.values)

    def result(self) -> NDArray[np.float64]:
        """Return all (N)."""
        return np.concatenate(self._values) if self._values else np.zeros(0)


class Flags:
    """True or false (N), as 1.0 and 0.0; NaN where there is nothing."""

    def __init__(self, name: str, table: Table, where: str) -> None:
        self._name, self._table, self._where = name, table, where
        self._values: list[NDArray[np.float64]] = []

    def add(self, values: Values, start: int) -> None:
        """Take n values."""
        _single(values, self._where, self._name)
        places, names = values.names()
        known = np.array([*(FLAGS.get(name.strip().lower(), np.inf) for name in names), np.nan])[places]
        if np.isinf(known).any():
            place = int(np.isinf(known).argmax())
            _refuse(
                self._where,
                self._name,
                self._table.row(start + place),
                f"{names[places[place]][:80]!r} is none of true, false, 1 and 0; correct it",
            )
        self._values.append(known)

    def result(self) -> NDArray[np.float64]:
        """Return all (N)."""
        return np.concatenate(self._values) if self._values else np.zeros(0)


class Given:
    """The split of each row: train, val or test (N)."""

    def __init__(self, name: str | None, table: Table, where: str) -> None:
        self._name, self._table, self._where = name or "", table, where
        self._parts: list[NDArray[np.str_]] = []

    def add(self, values: Values, start: int) -> None:
        """Take n words."""
        _single(values, self._where, self._name)
        places, names = values.names()
        parts = np.array([*(PARTS.get(name.strip().lower(), "") for name in names), ""], "<U5")[places]
        if (parts == "").any():
            place = int((parts == "").argmax())
            found = names[places[place]] if places[place] != MISSING else None
            _refuse(
                self._where,
                self._name,
                self._table.row(start + place),
                f"{found!r} is none of train, val and test; correct it, or name the column in task.dataset.columns",
            )
        self._parts.append(parts)

    def result(self) -> NDArray[np.str_]:
        """Return all (N)."""
        return np.concatenate(self._parts) if self._parts else np.zeros(0, "<U5")


class Groups:
    """A number for each row (N) int64, equal for rows that have the same group."""

    def __init__(self, name: str | None, table: Table, where: str) -> None:
        self._name, self._table, self._where = name or "", table, where
        self._numbers: list[NDArray[np.int64]] = []

    def add(self, values: Values, start: int) -> None:
        """Take n groups."""
        _single(values, self._where, self._name)
        if not values.present.all():
            row = self._table.row(start + int(values.present.argmin()))
            _refuse(self._where, self._name, row, "there is no group; fill it, or remove the row")
        places, names = values.names()
        # By 64 bits of a hash: millions of groups would fill the memory with their names.
        self._numbers.append(np.array([_hash(name) for name in names], np.int64)[places])

    def result(self) -> NDArray[np.int64]:
        """Return all (N)."""
        return np.concatenate(self._numbers) if self._numbers else np.zeros(0, np.int64)


def side_by_side(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return (N) of one column, (N, outputs) of several."""
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little", signed=True)


def _single(values: Values, where: str, name: str) -> None:
    if not values.usable:
        _refuse(where, name, "", f"holds values of type {values.array.type}; give a single value a row")


def _refuse(where: str, name: str, row: str, what: Any) -> None:
    place = f"{where}: column {name!r}"
    raise DatasetInvalid(f"{place}, {row}: {what}" if row else f"{place} {what}")

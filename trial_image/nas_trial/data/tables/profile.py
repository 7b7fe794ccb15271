"""What one column holds: counted batch by batch, whatever the number of rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nas_core.table_values import MOST_CATEGORIES
from nas_model.preprocessing.piece import MISSING
from nas_model.preprocessing.values import Values
from nas_trial.data.tables.names import MOST_NAMES, Names

FEW_NUMBERS = 64
"""Different numbers of a column that are kept, to see whether they give the target away."""
MOST_CLASSES = 256
"""With more classes, nothing is counted by class."""
Named = Literal["numeric", "categorical"]


@dataclass
class First:
    """How often something was met, and where first."""

    count: int = 0
    row: int = -1
    value: str = ""

    def add(self, where: NDArray[np.bool_], start: int, values: Values) -> None:
        """Count the places (n) ``where`` it is, in a batch whose first row is ``start``."""
        count = int(np.count_nonzero(where))
        if count and not self.count:
            place = int(where.argmax())
            self.row, self.value = start + place, str(values.array[place].as_py())
        self.count += count


@dataclass
class Profile:
    """A column; ``named`` is what the search says that it is."""

    named: Named | None = None
    rows: int = 0
    missing: int = 0
    numbers: int = 0
    dates: int = 0
    booleans: int = 0
    words: First = field(default_factory=First)
    """For no value, where numbers are expected."""
    other: First = field(default_factory=First)
    """Neither a number nor such a word, or a number without an end."""
    unusable: str = ""
    """The type of what is no single value: lists, objects, bytes."""
    names: Names = field(default_factory=lambda: Names(MOST_CATEGORIES))
    row_number: bool = True
    """Whether each value so far is the number of its row, from 0 or 1, in its file or in all."""
    growing: bool = True
    """Whether each value so far is above that of the row before."""
    by_class: Counter[int] = field(default_factory=Counter)
    """Rows by name's place * MOST_CLASSES + class."""
    _last: float = -np.inf
    _from: float = -1.0

    def __post_init__(self) -> None:
        if self.named == "categorical":
            self.names.most = MOST_NAMES

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return self.rows - self.missing

    @property
    def is_boolean(self) -> bool:
        """Whether all values are true and false."""
        return 0 < self.booleans == self.present

    def add(self, values: Values, start: int, file_start: int, classes: NDArray[Any] | None) -> None:
        """Count n values whose first one is of row ``start``, in a file that begins with row ``file_start``.

        ``classes`` (n) are places of labels, -1 where one is missing; None: the target has none.
        """
        self.rows += len(values)
        if not values.usable:
            self.unusable = str(values.array.type)
            self.row_number = self.growing = False
            return
        if self.booleans == self.present - len(values):  # none so far was anything else
            self.booleans += int(np.count_nonzero(values.booleans()))
        self.missing += len(values) - int(np.count_nonzero(values.present))
        numbers = values.numbers(named=self.named == "numeric")
        endless = np.isinf(numbers.values)
        self.words.add(numbers.words, start, values)
        self.other.add(numbers.other | endless, start, values)
        found = ~np.isnan(numbers.values)
        self.numbers += int(np.count_nonzero(found))
        if numbers.other.any():
            self.dates += int(np.count_nonzero(values.dates()))
        self._order(numbers.values, bool(found.all()), start, file_start)
        if self.named != "numeric":
            only_numbers = self.named is None and not self.other.count
            places = self.names.add(values, FEW_NUMBERS if only_numbers else None)
            self._count(places, classes)

    def seen(self, rows: int) -> None:
        """Count the rows up to this one in which the column did not appear at all."""
        if self.rows < rows:
            self.row_number = self.growing = False
        self.missing += rows - self.rows
        self.rows = rows

    def _order(self, values: NDArray[np.float64], whole: bool, start: int, file_start: int) -> None:
        if not whole:
            self.growing = self.row_number = False
        if self.growing:
            self.growing = bool((np.diff(values, prepend=self._last) > 0).all())
            self._last = float(values[-1])
        if self.row_number:
            self._from = float(values[0]) if start == 0 else self._from
            rows = np.arange(start, start + len(values)) + self._from
            self.row_number = self._from in (0, 1) and any(
                bool((values == rows - first).all()) for first in (0, file_start)
            )

    def _count(self, places: NDArray[np.int32], classes: NDArray[Any] | None) -> None:
        if classes is None or self.names.too_many or len(self.names.places) > MOST_CLASSES:
            self.by_class.clear()
            return
        both = (places != MISSING) & (classes != MISSING) & (classes < MOST_CLASSES)
        codes = np.bincount(places[both] * MOST_CLASSES + classes[both])
        for code in np.flatnonzero(codes).tolist():
            self.by_class[code] += int(codes[code])

"""What a column is by its values: numbers, categories, or left out. The rules are those of the trainer. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from nas_core.table_values import (
    BOOLEANS,
    DATE,
    FEW_CATEGORIES,
    FEW_ROWS,
    INDEX,
    MOST_CATEGORIES,
    NEARLY_ALL,
    NO_VALUE,
    NUMBER,
    name_of,
    plain_number_wanted,
    shown,
)

Kind = Literal["numeric", "categorical", "left out"]
_NUMBER, _DATE = re.compile(NUMBER, re.ASCII), re.compile(DATE, re.ASCII)
_USABLE = (str, bool, int, float, Decimal, date)


@dataclass
class Column:
    """A column of n rows."""

    name: str
    rows: int
    kind: Kind = "left out"
    why: str = ""
    """It is left out."""
    missing: int = 0
    words: int = 0
    """For no value, where numbers are expected."""
    numbers: int = 0
    dates: int = 0
    booleans: int = 0
    mistakes: list[tuple[int, str]] = field(default_factory=list)
    """Rows, from 1, with something else than a number."""
    names: Counter[str] = field(default_factory=Counter)
    """Rows by value."""
    values: list[float] = field(default_factory=list)
    """The numbers."""

    @property
    def present(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    @property
    def counts_rows(self) -> bool:
        """Whether each value is the number of its row, from 0 or 1."""
        first = self.values[:1]
        return (
            len(self.values) == self.rows
            and first in ([0.0], [1.0])
            and all(value == row for row, value in enumerate(self.values, int(first[0])))
        )


def profile(name: str, values: Sequence[Any], *, index: bool = False) -> Column:
    """Return what a column is; ``index``: the file says that it is the index of a data frame."""
    column = Column(name, len(values))
    unusable = next((value for value in values if value is not None and not isinstance(value, _USABLE)), None)
    if unusable is not None:
        column.why = f"it holds values of type {type(unusable).__name__}"
        return column
    for row, value in enumerate(values, 1):
        _count(column, row, value)
    _decide(column, index)
    return column


def classes_of(values: Sequence[Any]) -> Counter[str]:
    """Return how many rows have each label; true and false are one name each, however they are written."""
    names = [name_of(value) for value in values if value is not None]
    booleans = all(name.strip().lower() in BOOLEANS for name in names)
    return Counter(shown(name, booleans) for name in names)


def number_of(value: Any) -> float | None:
    """Return the number that a value is, also one written as text."""
    if isinstance(value, str):
        text = value.strip()
        return float(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return float(value)


def _count(column: Column, row: int, value: Any) -> None:
    if value is None:
        column.missing += 1
        return
    column.names[name_of(value)] += 1
    text = value.strip().lower() if isinstance(value, str) else ""
    if isinstance(value, bool) or text in BOOLEANS:
        column.booleans += 1
    if isinstance(value, date) or (text and _DATE.fullmatch(value.strip())):
        column.dates += 1
    number = number_of(value)
    if number is not None:
        column.numbers += 1
        column.values.append(number)
        if math.isinf(number):
            column.mistakes.append((row, str(value)))
    elif isinstance(value, str) and text in NO_VALUE:
        column.words += 1
    else:
        column.mistakes.append((row, str(value)))


def _decide(column: Column, index: bool) -> None:
    not_missing = column.present - column.words
    different = len(column.names)
    if index or (INDEX.fullmatch(column.name) and column.present):
        column.why = "it is the index of a data frame"
    elif column.rows >= FEW_ROWS and column.counts_rows:
        column.why = "it is the number of the row"
    elif not column.present:
        column.why = "it holds no value"
    elif column.booleans == column.present:
        column.kind = "categorical"
    elif column.numbers and column.numbers >= NEARLY_ALL * not_missing:
        column.kind = "numeric"
    elif column.dates and column.dates >= NEARLY_ALL * not_missing:
        column.why = "it holds dates"
    elif different > MOST_CATEGORIES or different > max(FEW_CATEGORIES, column.present / 2):
        hint = plain_number_wanted(column.mistakes[0][1]) if column.mistakes else ""
        column.why = f"{different:,} different texts in {column.present:,} rows are no categories{hint}"
    else:
        column.kind = "categorical"

"""What values of a table mean, the same for all formats: numbers, dates, words, and what stands for no value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nas_core.table_values import BOOLEANS, DATE, NO_VALUE, NUMBER, name_of
from nas_model.preprocessing.piece import MISSING

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Numbers:
    """What a column holds as numbers (n)."""

    values: NDArray[np.float64]
    """NaN where there is none."""
    words: NDArray[np.bool_]
    """There is a word for no value."""
    other: NDArray[np.bool_]
    """There is something else than a number."""


class Values:
    """n values of a column."""

    def __init__(self, array: pa.Array) -> None:
        # Of floats, NaN is no value.
        self.array = pc.if_else(pc.is_nan(array), None, array) if pa.types.is_floating(array.type) else array

    def __len__(self) -> int:
        return len(self.array)

    @property
    def is_text(self) -> bool:
        """Whether they are texts, which may be anything."""
        return bool(pa.types.is_string(self.array.type))

    @property
    def is_bool(self) -> bool:
        """Whether they are true and false."""
        return bool(pa.types.is_boolean(self.array.type))

    @property
    def is_date(self) -> bool:
        """Whether they are dates, or dates with a time."""
        return bool(pa.types.is_date(self.array.type) or pa.types.is_timestamp(self.array.type))

    @property
    def is_number(self) -> bool:
        """Whether they are numbers of one type."""
        kind = self.array.type
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))

    @property
    def usable(self) -> bool:
        """Whether they are single values at all: no lists, objects or bytes."""
        return self.is_text or self.is_bool or self.is_date or self.is_number or pa.types.is_null(self.array.type)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Where there is a value (n)."""
        return _bools(pc.is_valid(self.array))

    @cached_property
    def encoded(self) -> tuple[NDArray[np.int32], pa.Array]:
        """The places (n) of values among the different ones, -1 where there is none, and these."""
        encoded = self.array.dictionary_encode()
        found = pc.fill_null(encoded.indices, MISSING) if encoded.null_count else encoded.indices
        places: NDArray[np.int32] = found.to_numpy(zero_copy_only=False).astype(np.int32)
        return places, encoded.dictionary

    def numbers(self, *, named: bool = False) -> Numbers:
        """Return what they are as numbers; of a column ``named`` numeric also dates, and true and false.

        Dates are seconds since the beginning of 1970 (UTC, unless they say otherwise).
        """
        nothing = np.zeros(len(self), bool)
        if self.is_number:
            return Numbers(_floats(self.array), nothing, nothing)
        if named and self.is_bool:
            return Numbers(_floats(self.array.cast(pa.uint8())), nothing, nothing)
        if named and self.is_date:
            return Numbers(_seconds(self.array), nothing, nothing)
        if not self.is_text:
            return Numbers(np.full(len(self), np.nan), nothing, self.present)
        return self._of_text(named)

    def dates(self) -> NDArray[np.bool_]:
        """Return where there is a date (n)."""
        if self.is_date:
            return self.present
        if not self.is_text:
            return np.zeros(len(self), bool)
        places, different = self.encoded
        return _at(places, _matching(pc.utf8_trim_whitespace(different), DATE), False)

    def booleans(self) -> NDArray[np.bool_]:
        """Return where there is true or false (n), in upper or lower case."""
        if self.is_bool:
            return self.present
        if not self.is_text:
            return np.zeros(len(self), bool)
        places, different = self.encoded
        return _at(places, _among(pc.utf8_lower(pc.utf8_trim_whitespace(different)), list(BOOLEANS)), False)

    def names(self) -> tuple[NDArray[np.int32], list[str]]:
        """Return the places (n) of values among their names, which may repeat one another, -1 where there is none."""
        places, different = self.encoded
        return places, [name_of(value) for value in different.to_pylist()]

    def _of_text(self, named: bool) -> Numbers:
        nothing = np.zeros(len(self), bool)
        try:
            values = _floats(self.array.cast(pa.float64()))
        except pa.ArrowInvalid:
            # Each different text is looked at once: columns that are no plain numbers have few, or are left out.
            places, different = self.encoded
            found = _parse(different, named)
            return Numbers(
                _at(places, found.values, np.nan), _at(places, found.words, False), _at(places, found.other, False)
            )
        # The cast reads "nan" as a number.
        return Numbers(values, np.isnan(values) & self.present, nothing)


def _parse(texts: pa.Array, named: bool) -> Numbers:
    plain = pc.utf8_trim_whitespace(texts)
    lower = pc.utf8_lower(plain)
    is_number, words = _matching(plain, NUMBER), _among(lower, list(NO_VALUE))
    signless = pc.replace_substring_regex(plain, r"^\+", "")
    values = _floats(pc.if_else(pa.array(is_number), signless, None).cast(pa.float64()))
    if named:
        is_date, is_bool = _matching(plain, DATE), _among(lower, list(BOOLEANS))
        values[is_bool] = [BOOLEANS[word] for word in lower.filter(pa.array(is_bool)).to_pylist()]
        values[is_date] = [_timestamp(text) for text in plain.filter(pa.array(is_date)).to_pylist()]
    return Numbers(values, words, np.isnan(values) & ~words)


def _timestamp(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # the 30th of February
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _floats(array: pa.Array) -> NDArray[np.float64]:
    # Not safe: whole numbers beyond 2**53 lose digits, which is what floats are.
    values: NDArray[np.float64] = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return values if values.flags.writeable else values.copy()


def _seconds(array: pa.Array) -> NDArray[np.float64]:
    zone = array.type.tz if pa.types.is_timestamp(array.type) else None
    micros = array.cast(pa.timestamp("us", zone), safe=False)
    return _floats(micros.cast(pa.int64())) / MICROSECONDS


def _matching(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return _bools(pc.match_substring_regex(texts, pattern))


def _among(texts: pa.Array, words: list[str]) -> NDArray[np.bool_]:
    return _bools(pc.is_in(texts, pa.array(words)))


def _bools(array: pa.Array) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = array.to_numpy(zero_copy_only=False).astype(bool)
    return found


def _at(places: NDArray[np.int32], values: NDArray[Any], missing: Any) -> NDArray[Any]:
    # One more at the end, for the place -1.
    return np.append(values, np.array([missing], values.dtype))[places]

"""The different names that a column of categories or labels holds, and their places."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nas_core.table_values import shown
from nas_model.preprocessing.piece import MISSING
from nas_model.preprocessing.values import Values

MOST_NAMES = 1_000_000
"""Different names of a column; more are no categories and no classes."""


class Names:
    """Different names, each with its place, in the order in which they came."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self.places: dict[str, int] = {}
        self.most, self.too_many = most, False

    def add(self, values: Values, most: int | None = None) -> NDArray[np.int32]:
        """Enter the names of values (n) and return their places (n), -1 where there is none.

        Once there are more than the most (or ``most``, this time), none is kept.
        """
        nothing = np.full(len(values), MISSING, np.int32)
        most = self.most if most is None else most
        # Asked before they become Python's strings, which a column of millions would fill the memory with.
        if self.too_many or len(values.encoded[1]) > most:
            return self._give_up(nothing)
        local, names = values.names()
        places = [self.places.setdefault(name, len(self.places)) for name in names]
        if len(self.places) > most:
            return self._give_up(nothing)
        return np.array([*places, MISSING], np.int32)[local]

    def _give_up(self, nothing: NDArray[np.int32]) -> NDArray[np.int32]:
        self.places, self.too_many = {}, True
        return nothing


def final(places: Mapping[str, int], booleans: bool) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the names as people see them, and the place of each of the given ones among them, at the end of -1.

    True and false are one name each, however they are written, in a column of nothing else (``booleans``).
    """
    names: dict[str, int] = {}
    new = [names.setdefault(shown(name, booleans), len(names)) for name in places]
    return tuple(names), np.array([*new, MISSING], np.int32)

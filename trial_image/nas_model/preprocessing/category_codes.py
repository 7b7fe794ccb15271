"""Categories as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CategoryCodes:
    """Codes of categories from 1, in the order given; 0 is missing, or not among the training examples."""

    categories: tuple[tuple[str, ...], ...]
    """Those of each column."""

    @classmethod
    def of(cls, present: Sequence[NDArray[np.bool_]], names: Sequence[Sequence[str]]) -> CategoryCodes:
        """Return those of the categories that are ``present`` in the training examples, in alphabetical order."""
        pairs = zip(present, names, strict=True)
        return cls(tuple(tuple(sorted(column[k] for k in np.flatnonzero(there).tolist())) for there, column in pairs))

    @cached_property
    def codes(self) -> tuple[Mapping[str, int], ...]:
        """The code of each category of each column."""
        return tuple({name: code for code, name in enumerate(column, 1)} for column in self.categories)

    def __call__(self, values: NDArray[np.int32], names: Sequence[Sequence[str]]) -> NDArray[np.int32]:
        """Return the codes (N, K) of places in lists of names, which may be others than those learned from."""
        coded = np.zeros(values.shape, np.int32)
        for k, (codes, column) in enumerate(zip(self.codes, names, strict=True)):
            # One more at the end: a missing one is at -1.
            coded[:, k] = np.array([*(codes.get(name, 0) for name in column), 0], np.int32)[values[:, k]]
        return coded

"""The path encoding of cells: which sequences of operations lead from an input to the output.

References: White, Neiswanger & Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural
Architecture Search", AAAI 2021, arXiv:1910.11858; White, Neiswanger, Nolen & Savani, "A Study on Neural Architecture
Encodings", NeurIPS 2020, arXiv:2007.04965. As there, long paths, which are many and rare, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 10_000
"""Length of the vector from which longer paths are left out."""


class Paths:
    """Every sequence of ``shortest`` to ``longest`` operations has a place in the vector, the shortest first."""

    def __init__(self, operations: Sequence[str], shortest: int, longest: int) -> None:
        self._digit = {operation: digit for digit, operation in enumerate(operations)}
        self._starts: dict[int, int] = {}
        self.width = 0
        for length in range(shortest, longest + 1):
            if self.width and self.width + len(operations) ** length > MOST:
                break
            self._starts[length] = self.width
            self.width += len(operations) ** length

    def encode(self, paths: Iterable[tuple[str, ...]]) -> NDArray[np.float64]:
        """Return 1 at the place of each sequence that is there; shape (width,)."""
        vector = np.zeros(self.width)
        for path in paths:
            if (start := self._starts.get(len(path))) is not None:
                place = 0
                for operation in path:
                    place = place * len(self._digit) + self._digit[operation]
                vector[start + place] = 1.0
        return vector

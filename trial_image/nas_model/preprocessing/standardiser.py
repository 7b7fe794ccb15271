"""Numbers in deviations from their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PART = 1 << 15
"""Rows that are standardised at a time."""


@dataclass(frozen=True)
class Standardiser:
    """Numbers with mean 0 and deviation 1 over the training examples; missing ones become 0, the mean."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def __call__(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Standardise values (n, …, F); the result has no NaN."""
        made = np.empty(values.shape, np.float32)
        # In parts: the steps between take as much memory as the values.
        for start in range(0, len(values), PART):
            part = (values[start : start + PART] - self.mean) / self.deviation
            made[start : start + PART] = np.nan_to_num(part, nan=0.0)
        return made

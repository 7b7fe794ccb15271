"""What arrays of data are by their shapes and values: labels as one-hot rows, series that may lie the other way round.

Who looks at data (`nasctl init`) and who reads them (the trainer) take it from here. Arrays are NumPy's, which is not
imported for this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def is_one_hot(labels: Any) -> bool:
    """Whether each row (N, classes) has a single 1 among zeros, as Keras' ``to_categorical`` makes them."""
    if labels.dtype.kind not in "biuf" or 0 in labels.shape:
        return False
    return bool(((labels.max(1) == 1) & (labels.min(1) == 0) & (labels.sum(1) == 1)).all())


def may_be_turned(shape: Sequence[int]) -> bool:
    """Whether series (N, C, T) have more channels than steps: others give them as (N, T, C)."""
    return len(shape) == 3 and shape[1] > shape[2]

"""A prepared data set that is open: what `nas_trial.data.load` makes examples of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nas_trial.data.prepared.shards import Shards
from nas_trial.data.preprocessing import Preprocessing


@dataclass(frozen=True)
class Prepared:
    """The splits in shards, and how they were made."""

    preprocessing: Preprocessing
    train: Shards
    val: Shards
    hash: str
    """``sha256:…`` over all examples before any split."""
    warnings: tuple[str, ...]
    """All that is odd about the data."""
    read_test: Callable[[], Shards | None]
    """Returns the test split, which is read only then; None: there is none."""

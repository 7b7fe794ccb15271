"""Which results of a long history a predictor is fitted to: fits are dear, and a few results say nearly as much."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from nas_search.ranking import Floats

REFIT_GROWTH = 1.1
"""A predictor is fitted again when the results have grown by this factor, so that all fits together stay cheap."""
REFIT_ALWAYS = 30
"""Up to this many results it is fitted again after each of them."""
Places = NDArray[np.intp]
"""Places of results in the history."""


def fitted_to(count: int) -> int:
    """Return how many of ``count`` results a predictor is fitted to, the first ones: it changes ever more seldom."""
    fitted = min(count, REFIT_ALWAYS)
    while math.ceil(fitted * REFIT_GROWTH) <= count:
        fitted = math.ceil(fitted * REFIT_GROWTH)
    return fitted


def content_key(rows: Floats, values: Floats) -> bytes:
    """Return a key of what is fitted to rows and values: a strategy that is asked about another history has another."""
    return hashlib.blake2b(rows.tobytes() + values.tobytes()).digest()


def subset(values: Floats, most: int) -> Places:
    """Return the places of at most ``most`` of some values, rising: half of them the best, the others evenly spread."""
    if len(values) <= most:
        return np.arange(len(values))
    order = np.argsort(-values, kind="stable")
    best, rest = order[: most // 2], np.sort(order[most // 2 :])
    others = rest[np.linspace(0, len(rest) - 1, most - len(best)).round().astype(int)]
    return np.sort(np.concatenate([best, others]))

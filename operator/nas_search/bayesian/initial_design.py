"""The initial design: candidates far from each other, which are evaluated before the surrogate is asked.

Of a few random candidates some options are left out and others tried together again and again. Candidates far apart
try every option about equally often, so that the effect of each is known sooner. For numbers the distance is bounded
by what that many candidates can have from each other; without the bound all would lie at the ends of the ranges.

References: Johnson, Moore & Ylvisaker, "Minimax and maximin distance designs", Journal of Statistical Planning and
Inference 1990; McKay, Beckman & Conover, "A Comparison of Three Methods for Selecting Values of Input Variables",
Technometrics 1979 (Latin hypercubes: why each decision is spread out by itself).
"""

from __future__ import annotations

import numpy as np

from nas_search.predictors.features import Features
from nas_search.ranking import Floats

DRAWN = 64
"""Random candidates from which each of the initial design is chosen."""


def farthest(features: Features, drawn: Floats, tried: Floats, count: int) -> int:
    """Return the place of the row of ``drawn`` that is farthest from the rows of ``tried``.

    The nearest rows count most: the sum of the inverse squared distances is minimised. The first row while nothing was
    tried. ``drawn`` is (drawn, columns), ``tried`` (tried, columns), ``count`` the size of the whole design.
    """
    first_of_part = np.flatnonzero(np.diff(features.owners, prepend=-1))
    squares = (drawn[:, None, :] - tried[None, :, :]) ** 2  # (drawn, tried, columns)
    by_part = np.add.reduceat(squares, first_of_part, axis=2)  # (drawn, tried, parts)
    # A squared distance of 1 / count already counts as 1, or all numbers would be at the ends of their ranges.
    distance = np.minimum(count * by_part, 1.0).sum(2)  # (drawn, tried)
    return int(np.argmin((np.maximum(distance, 1e-9) ** -2).sum(1)))

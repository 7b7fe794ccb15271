"""Which candidates the surrogate is first told about: some that are far from each other.

A few random candidates leave options untried and try others together again and again; those that lie apart show every
option about as often, so that what each is worth is known sooner. Numbers lie apart when they are as far as so many
candidates can be from one another: more than that counts no more, or all would be at the ends of their ranges.

References: Johnson, Moore & Ylvisaker, "Minimax and maximin distance designs", Journal of Statistical Planning and
Inference 1990; McKay, Beckman & Conover, "A Comparison of Three Methods for Selecting Values of Input Variables",
Technometrics 1979 (Latin hypercubes: why each decision is spread out by itself).
"""

from __future__ import annotations

import numpy as np

from nas_search.bayesian.features import Features
from nas_search.ranking import Floats

DRAWN = 64
"""Random candidates that each of the first is the loneliest of."""


def farthest(features: Features, drawn: Floats, tried: Floats, count: int) -> int:
    """Return the place of the row of ``drawn`` that those of ``tried`` are the farthest from, of ``count`` in the end.

    As among points of one charge the nearest count most: each by the inverse of its distance, squared. While nothing is
    tried the first is taken.
    """
    first = np.flatnonzero(np.diff(features.owners, prepend=-1))
    apart = np.add.reduceat((drawn[:, None, :] - tried[None, :, :]) ** 2, first, axis=2)
    distance = np.minimum(count * apart, 1.0).sum(2)
    return int(np.argmin((np.maximum(distance, 1e-9) ** -2).sum(1)))

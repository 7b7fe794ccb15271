"""Turns what a predictor says, on the scale of `warp`, back into the unit of the values that it was fitted to."""

from __future__ import annotations

import numpy as np

from nas_search.ranking import Floats


class Scale:
    """The values of some results and what they were warped to: straight lines between them.

    Beyond the least and the greatest it goes on with the mean slope between that and the median, so that a candidate
    may be predicted to be better than every result.
    """

    def __init__(self, values: Floats, warped: Floats) -> None:
        """Take values (n,) and what they were warped to (n,), in the same order; at least one."""
        self._warped, places = np.unique(warped, return_index=True)
        self._values = values[places]

    def back(self, warped: Floats) -> Floats:
        """Return the values that would be warped to these; shape (n,)."""
        inside = np.interp(warped, self._warped, self._values)
        middle = len(self._warped) // 2
        below, above = np.minimum(warped - self._warped[0], 0.0), np.maximum(warped - self._warped[-1], 0.0)
        return np.asarray(inside + below * self._slope(0, middle) + above * self._slope(middle, -1))

    def _slope(self, start: int, end: int) -> float:
        run = self._warped[end] - self._warped[start]
        return float((self._values[end] - self._values[start]) / run) if run > 0 else 0.0

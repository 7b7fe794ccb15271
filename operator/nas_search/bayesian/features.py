"""What the surrogate sees of a candidate: numbers for every decision, made so that distances mean the same for all.

The squared distance of two candidates is a sum over decisions, each between 0 and 1: of a choice 1 when the options
differ, of a number the squared difference as a share of the range, of a subset the share of members that differ, and 1
when the decision applies to one of the two only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.spaces import Architecture, SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Subset
from nas_search.ranking import Floats


class Features:
    """Turns candidates of a space into rows of numbers."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._scales = [_scale(decision) for decision in space.decisions]
        widths = [decision.width + (decision.when is not None) for decision in space.decisions]
        self.owners = np.repeat(np.arange(len(widths)), widths)
        """The decision that each column belongs to, shape (columns,)."""
        self._known: dict[str, Floats] = {}

    def rows(self, values: Sequence[Architecture]) -> Floats:
        """Return the rows of some candidates, given as the space joins them; shape (candidates, columns)."""
        return np.array([self._row(one) for one in values]).reshape(len(values), len(self.owners))

    def remembered(self, candidates: Sequence[CandidateSpec]) -> Floats:
        """The same of candidates of the history, which come again at every ask and are remembered."""
        for one in candidates:
            if one.id not in self._known:
                self._known[one.id] = self._row(self._space.join(one.architecture, one.hyperparameters))
        return np.array([self._known[one.id] for one in candidates]).reshape(len(candidates), len(self.owners))

    def _row(self, values: Architecture) -> Floats:
        row: list[float] = []
        for decision, scale in zip(self._space.decisions, self._scales, strict=True):
            value = values.get(decision.name)
            if value is not None:
                row += [scale * feature for feature in decision.features(value)]
            else:
                row += [0.0] * decision.width
            if decision.when is not None:
                # Beside the half that a one-hot vector is away from zeros; numbers may be at 0 themselves.
                absent = math.sqrt(0.5) if isinstance(decision, Choice) else 1.0
                row.append(0.0 if value is not None else absent)
        return np.array(row)


def _scale(decision: Decision) -> float:
    if isinstance(decision, Choice):
        return math.sqrt(0.5)
    return math.sqrt(1 / decision.width) if isinstance(decision, Subset) else 1.0

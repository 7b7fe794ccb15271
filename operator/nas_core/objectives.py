"""The arithmetic of objectives and constraints: which value is better, and which breaks a constraint.

All comparisons use *costs*: values with the sign changed where needed, so that less is always better. Planner,
strategies, benchmarks and trainer share this file, so that they agree about what is best.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from nas_core.api.strategy import Constraint, Objective

if TYPE_CHECKING:  # takes a tenth of a second, which a command line waits for
    import numpy as np
    from numpy.typing import NDArray

Number = TypeVar("Number", bound="float | NDArray[np.float64]")


def cost_of(objective: Objective, value: Number) -> Number:
    """Return a value of an objective as its cost, or a cost as the value: the turn is its own inverse."""
    return -objective.sign * value  # type: ignore[return-value]


def costs_of(metrics: Mapping[str, float], objectives: Sequence[Objective]) -> list[float]:
    """Return the costs of a result in the order of the objectives; nan where it has no value."""
    return [cost_of(objective, metrics.get(objective.metric, math.nan)) for objective in objectives]


def best_value(objective: Objective, values: Iterable[float]) -> float:
    """Return the best of some values of an objective.

    Raises:
        ValueError: if there are none.
    """
    return min(values, key=lambda value: cost_of(objective, value))


def bounds_of(constraint: Constraint) -> tuple[float, float]:
    """Return the least and the greatest value that a constraint allows; infinite where it has no bound."""
    low = -math.inf if constraint.min is None else float(constraint.min)
    high = math.inf if constraint.max is None else float(constraint.max)
    return low, high


def violation(metrics: Mapping[str, float] | None, constraints: Sequence[Constraint]) -> float:
    """Return by how much a result breaks the constraints, each relative to its bound; 0: feasible, inf: unknown."""
    total = 0.0
    for constraint in constraints:
        value = (metrics or {}).get(constraint.metric, math.nan)
        if not math.isfinite(value):
            # A constraint that cannot be judged does not count as kept.
            return math.inf
        low, high = bounds_of(constraint)
        for bound, excess in ((high, value - high), (low, low - value)):
            if math.isfinite(bound):
                # A bound of 0 has no size to measure by.
                total += max(0.0, excess) / (abs(bound) or 1.0)
    return total


def known_to_break(metrics: Mapping[str, float] | None, constraints: Sequence[Constraint]) -> bool:
    """Whether what is known of a candidate breaks a constraint; what is not known breaks none."""
    return any(c.metric in metrics and c.broken_by(metrics[c.metric]) for c in constraints) if metrics else False

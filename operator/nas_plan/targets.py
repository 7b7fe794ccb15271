"""What `spec.targets` of a search mean for its limits and its budget. Pure.

Without targets a search has one set of limits, `spec.constraints`, and everything here is about that one.
"""

from __future__ import annotations

from nas_core.api.search import NASSearchSpec
from nas_core.api.strategy import Constraint
from nas_core.api.target import Target


def limits_of(spec: NASSearchSpec, target: Target) -> list[Constraint]:
    """Return what a candidate has to keep to be among the best of a target."""
    return [*spec.constraints, *target.constraints]


def all_limits(spec: NASSearchSpec) -> list[list[Constraint]]:
    """Return the limits of each target; of a search without targets its own."""
    return [limits_of(spec, target) for target in spec.targets] or [spec.constraints]


def most_tried(spec: NASSearchSpec) -> int:
    """Return how many candidates the budget is for: `budget.maxTrials`, for each target if there are some."""
    return spec.budget.max_trials * max(1, len(spec.targets))

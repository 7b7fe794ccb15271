"""The strategy of a search that names none: chosen by its budget, its space and the number of its objectives.

Called once, when a search begins (`nas_plan.resolve`); the choice stays, whatever becomes of the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas_core.api.strategy import Bayesian, Grid, Nsga2, Objective, RegularizedEvolution, StrategySpec
from nas_core.spaces import SearchSpace

MANY = 2000
"""Candidates from which evolution is chosen: by then it has caught up with a model, and it needs no time to choose."""


@dataclass(frozen=True)
class ChosenStrategy:
    """A choice, and why."""

    member: str
    """The field of `StrategySpec`, with its defaults."""
    why: str
    """For people: stands in the status."""


DEFAULTS = {
    "grid": Grid(),
    "bayesian": Bayesian(),
    "nsga2": Nsga2(),
    "regularized_evolution": RegularizedEvolution(),
}
"""The strategies that can be chosen, by member of `StrategySpec`."""


def choose(space: SearchSpace, objectives: Sequence[Objective], candidates: int) -> ChosenStrategy:
    """Return the strategy for a budget of ``candidates``."""
    # With everything tried no strategy is better than another, and a grid is even at any moment.
    if space.size is not None and space.size <= candidates:
        return ChosenStrategy(
            "grid", f"the budget of {candidates} candidates is enough for all {space.size} of the space"
        )
    if candidates < MANY:
        return ChosenStrategy("bayesian", f"it needs the fewest candidates, and the budget has {candidates}")
    if len(objectives) > 1:
        return ChosenStrategy("nsga2", f"{len(objectives)} objectives and a budget of {candidates} candidates")
    return ChosenStrategy("regularized_evolution", f"the budget of {candidates} candidates is enough for evolution")


def with_chosen(spec: StrategySpec, member: str) -> StrategySpec:
    """Return the strategy of a search that names none with the chosen one named."""
    return spec.model_copy(update={member: DEFAULTS[member]})

"""The strategy of a search that names none: chosen by its budget, its space and the number of its objectives.

Called once, when a search begins (`nas_plan.resolve`); what was chosen stays, whatever becomes of the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas_core.api.strategy import Bayesian, Grid, Nsga2, Objective, RegularizedEvolution, StrategySpec
from nas_core.spaces import SearchSpace

MANY = 2000
"""Candidates from which evolution has enough of them: it catches up with a model there, and thinks for no time."""


@dataclass(frozen=True)
class ChosenStrategy:
    """A strategy's member of `StrategySpec`, with its defaults, and why it was chosen, for people."""

    member: str
    why: str


DEFAULTS = {
    "grid": Grid(),
    "bayesian": Bayesian(),
    "nsga2": Nsga2(),
    "regularized_evolution": RegularizedEvolution(),
}
"""All that can be chosen."""


def choose(space: SearchSpace, objectives: Sequence[Objective], candidates: int) -> ChosenStrategy:
    """Choose for a budget of so many candidates."""
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

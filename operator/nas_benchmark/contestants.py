"""Who takes part: our strategies, with their defaults, by the names that a search's status shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.api.strategy import Bayesian, LocalSearch, Nsga2, Objective, Random, RegularizedEvolution, StrategySpec
from nas_core.spaces import SearchSpace
from nas_search import Strategy, create_strategy

STRATEGIES: Mapping[str, StrategySpec] = {
    "random": StrategySpec(random=Random()),
    "local-search": StrategySpec(local_search=LocalSearch()),
    "regularized-evolution": StrategySpec(regularized_evolution=RegularizedEvolution()),
    "nsga2": StrategySpec(nsga2=Nsga2()),
    "bayesian": StrategySpec(bayesian=Bayesian()),
}


def make(name: str, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> Strategy:
    """Return a contestant with its seed."""
    return create_strategy(STRATEGIES[name].model_copy(update={"seed": seed}), space, objectives, [])

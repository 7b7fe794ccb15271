"""What to try next: strategies as pure functions over results. No I/O, no torch, no Kubernetes."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.api.strategy import Constraint, Objective, StrategySpec
from nas_core.api.strategy import RegularizedEvolution as RegularizedEvolutionSpec
from nas_core.spaces import SearchSpace
from nas_search.bayesian import Bayesian
from nas_search.history import History, Observation, Pending, history_at
from nas_search.random_search import RandomSearch
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.replay import Decision, Mismatch, replay
from nas_search.strategy import Strategy

__all__ = [
    "Decision",
    "History",
    "Mismatch",
    "Observation",
    "Pending",
    "Strategy",
    "create_strategy",
    "history_at",
    "replay",
    "strategy_name",
]


def strategy_name(spec: StrategySpec) -> str:
    """Return the name of the strategy that a search asks for; regularized evolution if it names none."""
    if spec.random is not None:
        return RandomSearch.name
    return Bayesian.name if spec.bayesian is not None else RegularizedEvolution.name


def create_strategy(
    spec: StrategySpec, space: SearchSpace, objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> Strategy:
    """Return the strategy that a search asks for."""
    if spec.random is not None:
        return RandomSearch(space, objectives, constraints, spec.seed)
    if spec.bayesian is not None:
        return Bayesian(space, objectives, constraints, spec.seed, spec.bayesian.initial_candidates)
    settings = spec.regularized_evolution or RegularizedEvolutionSpec()
    return RegularizedEvolution(
        space, objectives, constraints, spec.seed, settings.population_size, settings.sample_size
    )

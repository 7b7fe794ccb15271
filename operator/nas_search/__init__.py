"""What to try next: strategies as pure functions over results. No I/O, no torch, no Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.api.strategy import Constraint, Objective, StrategySpec
from nas_core.history import History, Observation, Pending, Scored, history_at
from nas_core.spaces import SearchSpace
from nas_search.bayesian import Bayesian
from nas_search.default_strategy import DEFAULTS, Choice, choose, with_choice
from nas_search.grid import Grid
from nas_search.local_search import LocalSearch
from nas_search.nsga2 import Nsga2
from nas_search.optuna_samplers import OptunaSampler
from nas_search.prefiltered import Prefiltered
from nas_search.random_search import RandomSearch
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.reinforce import Reinforce
from nas_search.replay import Decision, Mismatch, replay
from nas_search.rungs import Ladder, Promotion, WithRungs
from nas_search.scoring import Scoring, scoring_of
from nas_search.strategy import Strategy

__all__ = [
    "DEFAULTS",
    "KINDS",
    "Choice",
    "Decision",
    "History",
    "Ladder",
    "Mismatch",
    "Observation",
    "Pending",
    "Promotion",
    "Scored",
    "Scoring",
    "Strategy",
    "WithRungs",
    "choose",
    "create_strategy",
    "history_at",
    "replay",
    "scoring_of",
    "strategy_name",
    "with_choice",
]


Kind = type[RandomSearch | Grid | LocalSearch | RegularizedEvolution | Nsga2 | Bayesian | Reinforce | OptunaSampler]
KINDS: Mapping[str, Kind] = {
    "random": RandomSearch,
    "grid": Grid,
    "local_search": LocalSearch,
    "regularized_evolution": RegularizedEvolution,
    "nsga2": Nsga2,
    "bayesian": Bayesian,
    "reinforce": Reinforce,
    "optuna": OptunaSampler,
}
"""By the member of `StrategySpec` that asks for it."""
ZERO_COST = "zero-cost"
"""What `StrategySpec.zero_cost` is called: random search after a scoring that keeps all, no kind of its own."""


def strategy_name(spec: StrategySpec) -> str | None:
    """Return the name of the strategy that a search asks for; None if it names none."""
    if spec.zero_cost is not None:
        return ZERO_COST
    return next((kind.name for member, kind in KINDS.items() if getattr(spec, member) is not None), None)


def create_strategy(
    spec: StrategySpec,
    space: SearchSpace,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
    scoring: Scoring | None = None,
    epochs: int | None = None,
) -> Strategy:
    """Return the strategy that a search names.

    With ``scoring`` it begins with the best of what was scored; ``epochs``, those of training in full, are where the
    rungs end if the search has any.

    Raises:
        ValueError: if it names none (`nas_search.default_strategy` chooses one).
    """
    asked = _asked(spec, space, objectives, constraints)
    asked = Prefiltered(asked, scoring) if scoring else asked
    return WithRungs(asked, Ladder.of(spec.rungs, epochs)) if spec.rungs and epochs else asked


def _asked(
    spec: StrategySpec, space: SearchSpace, objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> Strategy:
    common = space, objectives, constraints, spec.seed
    if spec.random is not None or spec.zero_cost is not None:
        return RandomSearch(*common)
    if spec.grid is not None:
        return Grid(*common, spec.grid.levels)
    if spec.local_search is not None:
        return LocalSearch(*common, spec.local_search.initial_candidates)
    if spec.nsga2 is not None:
        return Nsga2(*common, spec.nsga2.population_size)
    if spec.bayesian is not None:
        return Bayesian(*common, spec.bayesian.initial_candidates, spec.bayesian.cost_metric)
    if spec.reinforce is not None:
        return Reinforce(*common, float(spec.reinforce.learning_rate), float(spec.reinforce.entropy))
    if spec.optuna is not None:
        return OptunaSampler(*common, spec.optuna.sampler)
    if spec.regularized_evolution is not None:
        settings = spec.regularized_evolution
        return RegularizedEvolution(*common, settings.population_size, settings.sample_size)
    raise ValueError("the search names no strategy")

"""The table of strategies: one row for each member of `spec.strategy`. All other lists of them are made from it.

To add a strategy: a model and a member in `nas_core.api.strategy`, a file here, a row in `KINDS`, a row in
``docs/strategies.md``. ``tests/unit/nas_search/test_strategies.py`` fails while one of these is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nas_core.api import strategy as api
from nas_core.api.base import ApiModel
from nas_core.api.gradient import GRADIENTS
from nas_search.bayesian import Bayesian
from nas_search.derived import Derived
from nas_search.grid import Grid
from nas_search.guided import Guided
from nas_search.local_search import LocalSearch
from nas_search.nsga2 import Nsga2
from nas_search.optuna_samplers import OptunaSampler
from nas_search.predicted import Predicted, Prediction
from nas_search.prefiltered import Prefiltered
from nas_search.problem import Problem
from nas_search.random_search import RandomSearch
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.reinforce import Reinforce
from nas_search.rungs import Ladder, WithRungs
from nas_search.scoring import Scoring
from nas_search.strategy import Strategy
from nas_search.warm_started import WarmStarted


@dataclass(frozen=True)
class StrategyKind:
    """A strategy that a search can ask for."""

    member: str
    """The field of `StrategySpec` that asks for it."""
    spec: type[ApiModel]
    """The type of that field: the settings."""
    strategy: type[Strategy]
    arguments: Callable[[Any], dict[str, Any]] = ApiModel.model_dump
    """Turns the settings into keyword arguments of the strategy; by default they have the same names."""

    @property
    def name(self) -> str:
        """The name in status, logs and benchmarks."""
        return self.member.replace("_", "-")

    @property
    def derives(self) -> bool:
        """Whether its candidates are derived in supernets: where none are trained, it has no candidates."""
        return self.strategy is Derived

    def create(self, spec: api.StrategySpec, problem: Problem) -> Strategy:
        """Return the strategy with the settings and the seed of a search that asks for it."""
        return self.strategy(problem, spec.seed, **self.arguments(getattr(spec, self.member)))


def _decimals(settings: ApiModel) -> dict[str, float]:
    # The API writes fractions as strings, so that no parser of YAML or JSON rounds them.
    return {name: float(value) for name, value in settings.model_dump().items()}


def _none(_: ApiModel) -> dict[str, Any]:
    # The settings of zero-cost search are those of its scoring (`scoring_of`); what follows is random search. Those of
    # gradient strategies are the trainer's, which derives the candidates.
    return {}


KINDS: Mapping[str, StrategyKind] = {
    kind.member: kind
    for kind in (
        StrategyKind("random", api.Random, RandomSearch),
        StrategyKind("grid", api.Grid, Grid),
        StrategyKind("local_search", api.LocalSearch, LocalSearch),
        StrategyKind("regularized_evolution", api.RegularizedEvolution, RegularizedEvolution),
        StrategyKind("nsga2", api.Nsga2, Nsga2),
        StrategyKind("bayesian", api.Bayesian, Bayesian),
        StrategyKind("reinforce", api.Reinforce, Reinforce, _decimals),
        StrategyKind("optuna", api.Optuna, OptunaSampler),
        StrategyKind("zero_cost", api.ZeroCost, RandomSearch, _none),
        *(StrategyKind(member, settings, Derived, _none) for member, settings in GRADIENTS.items()),
    )
}
"""Every strategy by its member of `StrategySpec`, in the order of the API's fields."""

ZERO_COST = KINDS["zero_cost"]
"""The kind that cannot go without a scoring: it trains the scored candidates in order."""


def kind_of(spec: api.StrategySpec) -> StrategyKind | None:
    """Return the kind of strategy that a search asks for; None if it names none."""
    return next((kind for kind in KINDS.values() if getattr(spec, kind.member) is not None), None)


def strategy_name(spec: api.StrategySpec) -> str | None:
    """Return the name of the strategy that a search asks for; None if it names none."""
    kind = kind_of(spec)
    return kind.name if kind else None


def create_strategy(
    spec: api.StrategySpec,
    problem: Problem,
    *,
    scoring: Scoring | None = None,
    prediction: Prediction | None = None,
    epochs: int | None = None,
    supernet: bool = False,
    guided: bool = False,
    warm_start: int | None = None,
) -> Strategy:
    """Return the strategy that a search asks for.

    Args:
        spec: what the search says of its strategy.
        problem: what is searched.
        scoring: with one, the strategy begins with the best of the scored candidates.
        prediction: with one, a predictor chooses among what the strategy proposes.
        supernet: whether candidates may be derived in a supernet: these come before all others.
        guided: whether it keeps to the guidance that histories have.
        warm_start: how many of the best candidates of earlier searches it begins with; None: it has none of these.
        epochs: of training in full, where the rungs end; counts only if the search has rungs.

    Raises:
        ValueError: if the search names no strategy (`nas_search.default_strategy` chooses one).
    """
    kind = kind_of(spec)
    if kind is None:
        raise ValueError("the search names no strategy")

    def within(problem: Problem) -> Strategy:
        strategy = kind.create(spec, problem)
        strategy = Predicted(strategy, prediction) if prediction else strategy
        # The prefilter is inside: on rungs the best scored candidates begin at the lowest one as all others do.
        strategy = Prefiltered(strategy, scoring) if scoring else strategy
        strategy = WarmStarted(strategy, warm_start) if warm_start else strategy
        derived = supernet and not isinstance(strategy, Derived)
        return Derived(problem, spec.seed, strategy) if derived else strategy

    strategy = Guided(problem, spec.seed, within) if guided else within(problem)
    return WithRungs(strategy, Ladder.of(spec.rungs, epochs)) if spec.rungs and epochs else strategy

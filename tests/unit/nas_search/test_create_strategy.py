from __future__ import annotations

import pytest

from nas_core.api.strategy import Bayesian as BayesianSpec
from nas_core.api.strategy import Grid as GridSpec
from nas_core.api.strategy import LocalSearch as LocalSearchSpec
from nas_core.api.strategy import Nsga2 as Nsga2Spec
from nas_core.api.strategy import Optuna as OptunaSpec
from nas_core.api.strategy import Random, RegularizedEvolution, StrategySpec
from nas_core.api.strategy import Reinforce as ReinforceSpec
from nas_search import Strategy, create_strategy, strategy_name
from nas_search.bayesian import Bayesian
from nas_search.grid import Grid
from nas_search.local_search import LocalSearch
from nas_search.nsga2 import Nsga2
from nas_search.optuna_samplers import OptunaSampler
from nas_search.random_search import RandomSearch
from nas_search.regularized_evolution import RegularizedEvolution as Evolution
from nas_search.reinforce import Reinforce
from nas_search.testing.strategy_conformance import ONE, SPACE


@pytest.mark.parametrize(
    ("spec", "name", "kind"),
    [
        (StrategySpec(regularized_evolution=RegularizedEvolution()), "regularized-evolution", Evolution),
        (StrategySpec(random=Random()), "random", RandomSearch),
        (StrategySpec(grid=GridSpec()), "grid", Grid),
        (StrategySpec(reinforce=ReinforceSpec()), "reinforce", Reinforce),
        (StrategySpec(optuna=OptunaSpec(sampler="nsgaiii")), "optuna", OptunaSampler),
        (StrategySpec(bayesian=BayesianSpec()), "bayesian", Bayesian),
        (StrategySpec(local_search=LocalSearchSpec()), "local-search", LocalSearch),
        (StrategySpec(nsga2=Nsga2Spec()), "nsga2", Nsga2),
    ],
)
def test_a_search_names_its_strategy(spec: StrategySpec, name: str, kind: type[Strategy]) -> None:
    assert strategy_name(spec) == name
    assert isinstance(create_strategy(spec, SPACE, ONE, []), kind)


def test_settings_and_seed_are_the_searchs() -> None:
    settings = RegularizedEvolution(population_size=7, sample_size=3)
    strategy = create_strategy(StrategySpec(regularized_evolution=settings, seed=5), SPACE, ONE, [])
    assert isinstance(strategy, Evolution)
    assert (strategy.population_size, strategy.sample_size, strategy.seed) == (7, 3, 5)
    bayesian = create_strategy(StrategySpec(bayesian=BayesianSpec(cost_metric="train_seconds")), SPACE, ONE, [])
    assert isinstance(bayesian, Bayesian) and bayesian.cost_metric == "train_seconds"
    assert create_strategy(StrategySpec(random=Random(), seed=6), SPACE, ONE, []).seed == 6


def test_a_search_without_a_strategy_has_to_be_given_one_first() -> None:
    assert strategy_name(StrategySpec()) is None
    with pytest.raises(ValueError, match="names no strategy"):
        create_strategy(StrategySpec(), SPACE, ONE, [])

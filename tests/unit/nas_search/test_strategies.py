from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import nas_search
from nas_core.api.gradient import GRADIENTS, Darts, Gdas
from nas_core.api.strategy import Bayesian as BayesianSpec
from nas_core.api.strategy import Grid as GridSpec
from nas_core.api.strategy import LocalSearch as LocalSearchSpec
from nas_core.api.strategy import Nsga2 as Nsga2Spec
from nas_core.api.strategy import Optuna as OptunaSpec
from nas_core.api.strategy import Random, RegularizedEvolution, StrategySpec, ZeroCost
from nas_core.api.strategy import Reinforce as ReinforceSpec
from nas_search import KINDS, ZERO_COST, Problem, Strategy, StrategyKind, WithRungs, create_strategy, strategy_name
from nas_search.bayesian import Bayesian
from nas_search.derived import Derived
from nas_search.for_targets import ForTargets
from nas_search.grid import Grid
from nas_search.guided import Guided
from nas_search.local_search import LocalSearch
from nas_search.nsga2 import Nsga2
from nas_search.optuna_samplers import OptunaSampler
from nas_search.predicted import Predicted
from nas_search.prefiltered import Prefiltered
from nas_search.random_search import RandomSearch
from nas_search.regularized_evolution import RegularizedEvolution as Evolution
from nas_search.reinforce import Reinforce
from nas_search.testing.strategy_conformance import ONE, SPACE
from nas_search.warm_started import WarmStarted

ROOT = Path(__file__).parents[3]
ELSEWHERE = (ZERO_COST, *(KINDS[member] for member in GRADIENTS))
"""Kinds whose settings are those of what comes before the strategy: scoring, a supernet."""


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
        (StrategySpec(zero_cost=ZeroCost()), "zero-cost", RandomSearch),
        (StrategySpec(darts=Darts()), "darts", Derived),
        (StrategySpec(gdas=Gdas()), "gdas", Derived),
    ],
)
def test_a_search_names_its_strategy(spec: StrategySpec, name: str, kind: type[Strategy]) -> None:
    assert strategy_name(spec) == name
    assert isinstance(create_strategy(spec, Problem(SPACE, ONE)), kind)


def test_settings_and_seed_are_the_searchs() -> None:
    settings = RegularizedEvolution(population_size=7, sample_size=3)
    strategy = create_strategy(StrategySpec(regularized_evolution=settings, seed=5), Problem(SPACE, ONE))
    assert isinstance(strategy, Evolution)
    assert (strategy.population_size, strategy.sample_size, strategy.seed) == (7, 3, 5)
    bayesian = create_strategy(StrategySpec(bayesian=BayesianSpec(cost_metric="train_seconds")), Problem(SPACE, ONE))
    assert isinstance(bayesian, Bayesian) and bayesian.cost_metric == "train_seconds"
    assert create_strategy(StrategySpec(random=Random(), seed=6), Problem(SPACE, ONE)).seed == 6


def test_the_table_has_a_row_for_each_member_of_the_api() -> None:
    assert list(KINDS) == list(StrategySpec.members()), "in the same order"
    for kind in KINDS.values():
        annotation = StrategySpec.model_fields[kind.member].annotation
        assert annotation == kind.spec | None, f"the row of {kind.member} names another model than the API"


def test_no_strategy_is_left_out_of_the_table() -> None:
    for module in pkgutil.walk_packages(nas_search.__path__, "nas_search."):
        importlib.import_module(module.name)
    rest, made = [Strategy], set[type[Strategy]]()
    while rest:
        subclasses = [each for each in rest.pop().__subclasses__() if each.__module__.startswith("nas_search.")]
        made.update(each for each in subclasses if not inspect.isabstract(each))
        rest += subclasses
    wrappers = {Predicted, Prefiltered, WithRungs, ForTargets, Guided, WarmStarted}
    assert made - wrappers == {kind.strategy for kind in KINDS.values()}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.member)
def test_every_setting_reaches_the_strategy(kind: StrategyKind) -> None:
    settings = kind.spec()
    strategy = kind.create(StrategySpec.model_validate({kind.member: settings, "seed": 4}), Problem(SPACE, ONE))
    assert strategy.seed == 4
    for name, value in settings.model_dump().items() if kind not in ELSEWHERE else ():
        reached = getattr(strategy, name)
        assert reached == (float(value) if isinstance(reached, float) else value)


@pytest.mark.parametrize("pair", list(itertools.combinations(KINDS, 2)), ids="+".join)
def test_name_and_strategy_agree_even_where_a_search_names_two(pair: tuple[str, str]) -> None:
    """The API server denies such a search; whoever reads one all the same must not show one and run the other."""
    settings: dict[str, Any] = {member: KINDS[member].spec() for member in pair}
    spec = StrategySpec.model_construct(None, **settings)
    shown = next(kind for kind in KINDS.values() if kind.name == strategy_name(spec))
    assert type(create_strategy(spec, Problem(SPACE, ONE))) is shown.strategy


def test_the_documentation_has_a_row_for_each_strategy() -> None:
    documented = re.findall(r"^\| `(\w+): \{", (ROOT / "docs" / "strategies.md").read_text(), re.MULTILINE)
    assert set(StrategySpec.members().values()) <= set(documented)


def test_a_search_without_a_strategy_has_to_be_given_one_first() -> None:
    assert strategy_name(StrategySpec()) is None
    with pytest.raises(ValueError, match="names no strategy"):
        create_strategy(StrategySpec(), Problem(SPACE, ONE))

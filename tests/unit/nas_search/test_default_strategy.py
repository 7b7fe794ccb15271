from __future__ import annotations

import pytest

from nas_core.api.strategy import Objective, StrategySpec
from nas_core.spaces import SearchSpace
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.testing.toy_space import ToySpace
from nas_search import DEFAULTS, KINDS, Problem, choose, create_strategy, with_chosen
from nas_search.testing.strategy_conformance import JOINT, ONE, TWO

TOY, CELLS = ToySpace(), NasBench201()


@pytest.mark.parametrize(
    ("space", "objectives", "candidates", "member", "why"),
    [
        (TOY, ONE, 1000, "grid", "1000 candidates is enough for all"),
        (CELLS, ONE, 20, "bayesian", "the budget has 20"),
        (CELLS, TWO, 1999, "bayesian", "the budget has 1999"),
        (CELLS, ONE, 2000, "regularized_evolution", "2000 candidates is enough for evolution"),
        (CELLS, TWO, 2000, "nsga2", "2 objectives"),
        (JOINT, ONE, 100, "bayesian", "100"),
    ],
)
def test_budget_space_and_objectives_choose(
    space: SearchSpace, objectives: list[Objective], candidates: int, member: str, why: str
) -> None:
    choice = choose(space, objectives, candidates)
    assert choice.member == member
    assert why in choice.why


@pytest.mark.parametrize("member", DEFAULTS)
def test_what_can_be_chosen_is_a_strategy(member: str) -> None:
    spec = with_chosen(StrategySpec(seed=3), member)
    strategy = create_strategy(spec, Problem(TOY, ONE))
    assert isinstance(strategy, KINDS[member].strategy)
    assert strategy.seed == 3

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import pytest

from nas_core.api.guidance import Guidance
from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_core.spaces.guidance import guided
from nas_search import KINDS, Problem, Strategy, create_strategy
from nas_search.guided import Guided
from nas_search.testing.guidance_conformance import EDGES, GuidanceConformance
from nas_search.testing.strategy_conformance import DERIVED, ONE, SCORES, SCORING, SPACE, TOY

GUIDABLE = [kind for kind in KINDS.values() if not kind.derives]
"""Gradient strategies have no choice to guide: the API denies guidance for them."""
SETTINGS: dict[str, dict[str, Any]] = {
    "regularized_evolution": {"population_size": 8, "sample_size": 4},
    "nsga2": {"population_size": 8},
}


def spec_of(member: str, **others: Any) -> StrategySpec:
    return StrategySpec.model_validate({member: SETTINGS.get(member, {}), **others})


@pytest.fixture(params=[kind.member for kind in GUIDABLE])
def member(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestEveryStrategy(GuidanceConformance):
    @pytest.fixture(autouse=True)
    def _of(self, member: str) -> None:
        self.spec = spec_of(member)

    def create(self, problem: Problem) -> Strategy:
        return create_strategy(self.spec, problem, guided=True)


class TestRungs(GuidanceConformance):
    def create(self, problem: Problem) -> Strategy:
        spec = spec_of("regularized_evolution", rungs={"asha": {}})
        return create_strategy(spec, problem, guided=True, epochs=9)


class Stubborn(Strategy):
    """Proposes what it likes, whatever is left of the space."""

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec:
        return self.candidate(TOY.parse("dddd"), "Model")


def test_what_is_proposed_outside_is_moved_or_replaced() -> None:
    strategy = Guided(Problem(TOY, ONE), 0, lambda problem: Stubborn(problem, 0))
    guidance = Guidance.model_validate({"decisions": [{"name": "*", "require": ["a", "b"]}]})
    asked = strategy.ask(History(guidance=guidance), 9)
    assert len(asked) == 5, "all that is left"
    assert [one.origin for one in asked] == ["Model", *["Random"] * 4]
    assert not {"c", "d"} & {value for one in asked for value in one.architecture.values()}


def test_what_was_scored_or_derived_outside_is_not_tried() -> None:
    guidance = Guidance.model_validate(EDGES)
    spec = spec_of("zero_cost")
    strategy = create_strategy(spec, Problem(SPACE, ONE), scoring=SCORING, supernet=True, guided=True)
    asked = strategy.ask(History(scores=SCORES, derived=DERIVED, guidance=guidance), 12)
    part = guided(SPACE, guidance).space
    assert not any(part.outside(one.architecture) for one in asked)
    left = {one.candidate.id for one in SCORES if not part.outside(one.candidate.architecture)}
    assert {one.id for one in asked[: len(left)]} <= left | {one.id for one in asked if one.origin == "Random"}
    plain = strategy.ask(History(scores=SCORES, derived=DERIVED), 12)
    assert plain == create_strategy(spec, Problem(SPACE, ONE), scoring=SCORING, supernet=True).ask(
        History(scores=SCORES, derived=DERIVED), 12
    )

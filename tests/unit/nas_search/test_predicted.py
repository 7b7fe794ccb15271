from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from nas_core.api.evaluation import Evaluation
from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import CandidateSpec
from nas_search import History, Observation, Problem, Strategy, create_strategy
from nas_search.predicted import Predicted, Prediction, prediction_of
from nas_search.random_search import RandomSearch
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.scoring import scoring_of
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO, StrategyConformance, evaluate

ASKED = Prediction("gaussianProcess", after=8, candidates=6)
LATER = Prediction("gaussianProcess", after=14, candidates=6)
WORTH = {"none": 0.0, "skip_connect": 1.0, "avg_pool_3x3": 0.5, "nor_conv_1x1": 2.0, "nor_conv_3x3": 3.0}


class TestConformance(StrategyConformance):
    trials = 24

    def create(self, problem: Problem, seed: int) -> Strategy:
        return Predicted(RegularizedEvolution(problem, seed, 8, 3), ASKED)


class TestConformanceOfRandomSearch(TestConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return Predicted(RandomSearch(problem, seed), ASKED)


def worth(candidate: CandidateSpec) -> Mapping[str, float]:
    """More convolutions are better and cost more."""
    chosen = list(candidate.architecture.values())
    return {"quality": sum(WORTH[op] for op in chosen), "cost": sum(op.startswith("nor") for op in chosen) / 6}


def record(strategy: Strategy, count: int, quality: object = worth) -> list[Mapping[str, float]]:
    return [d.metrics for d in simulate(strategy, quality, count, 1, 0) if d.metrics]  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["gaussianProcess", "boostedTrees", "ensemble"])
def test_what_is_predicted_best_of_the_proposals_is_better_than_one_of_them(model: str) -> None:
    asked = Prediction(model, 12, 10)  # type: ignore[arg-type]
    chosen = record(Predicted(RandomSearch(Problem(SPACE, ONE), 0), asked), 24)
    plain = record(RandomSearch(Problem(SPACE, ONE), 0), 24)
    assert chosen[:12] == plain[:12], "before there are enough results the strategy decides alone"
    assert np.mean([one["quality"] for one in chosen[12:]]) > np.mean([one["quality"] for one in plain[12:]]) + 2


def test_a_predictor_that_does_not_rank_is_not_used() -> None:
    strategy = Predicted(RandomSearch(Problem(SPACE, ONE), 0), LATER)
    assert record(strategy, 24, evaluate) == record(RandomSearch(Problem(SPACE, ONE), 0), 24, evaluate)


def test_constraints_are_predicted_too() -> None:
    asked = Prediction("gaussianProcess", 12, 20)
    limited = record(Predicted(RandomSearch(Problem(SPACE, ONE, LIMIT), 0), asked), 30)
    free = record(Predicted(RandomSearch(Problem(SPACE, ONE), 0), asked), 30)
    assert np.mean([one["cost"] <= 0.5 for one in limited[12:]]) > 0.8
    assert np.mean([one["cost"] <= 0.5 for one in free[12:]]) < 0.5


def test_with_several_objectives_the_worst_ranked_counts() -> None:
    strategy = Predicted(RandomSearch(Problem(SPACE, TWO), 0), LATER)

    def half(candidate: CandidateSpec) -> Mapping[str, float] | None:
        return {"quality": worth(candidate)["quality"], "cost": (evaluate(candidate) or {"cost": 0.5})["cost"]}

    assert record(strategy, 24, half) == record(RandomSearch(Problem(SPACE, TWO), 0), 24, half)


def test_what_it_is_worth_is_told_behind_all_that_may_stand_around_it() -> None:
    spec = StrategySpec.model_validate({"random": {}, "rungs": {}})
    plain = create_strategy(StrategySpec.model_validate({"random": {}}), Problem(SPACE, ONE), prediction=ASKED)
    around = create_strategy(spec, Problem(SPACE, ONE), prediction=ASKED, epochs=9, supernet=True)
    trained = simulate(plain, worth, 12, 1, 0)
    history = History(tuple(Observation(d.index, d.sequence or 0, d.candidate, d.metrics) for d in trained))
    found = plain.surrogate(history)
    assert found is not None and found.held_out is not None and found.held_out.ranks and not found.sources
    assert around.surrogate(history) == found
    assert plain.surrogate(History(history.observations[:7])) is None
    assert RandomSearch(Problem(SPACE, ONE), 0).surrogate(history) is None


def test_a_search_asks_for_a_predictor_scores_or_both() -> None:
    def asked(**prefilter: object) -> tuple[bool, tuple[str, ...]]:
        evaluation = Evaluation.model_validate({"prefilter": prefilter})
        scoring = scoring_of(StrategySpec.model_validate({"random": {}}), evaluation)
        return prediction_of(evaluation) is not None, scoring.proxies if scoring else ()

    assert asked() == (False, ("jacob_cov", "synflow"))
    assert asked(predictor={}) == (True, ())
    assert asked(predictor={}, proxies=["synflow"]) == (True, ("synflow",))
    assert prediction_of(Evaluation()) is None

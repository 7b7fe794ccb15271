from __future__ import annotations

from nas_core.api.strategy import Random, StrategySpec, ZeroCost
from nas_search import History, Problem, Scored, Scoring, Strategy, create_strategy
from nas_search.prefiltered import Prefiltered
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.scoring import draw
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import LIMIT, ONE, TOY, StrategyConformance, evaluate

ALL = [Scored(one, {"proxy_synflow": float(k), "cost": k % 2}) for k, one in enumerate(draw(TOY, 0, 35))]


class TestConformance(StrategyConformance):
    """Without scores it is the other strategy."""

    def create(self, problem: Problem, seed: int) -> Strategy:
        after = RegularizedEvolution(problem, seed, 8, 3)
        return Prefiltered(after, Scoring(("synflow",), 100, 5))


def test_zero_cost_search_trains_in_the_order_of_the_scores_then_at_random() -> None:
    spec = StrategySpec(zero_cost=ZeroCost(proxies=["synflow"], candidates=10))
    strategy = create_strategy(spec, Problem(TOY, ONE), scoring=Scoring(("synflow",), 10, 10))
    record = simulate(strategy, evaluate, 15, 3, 0, scores=tuple(ALL[:10]))
    assert [d.candidate.id for d in record[:10]] == [one.candidate.id for one in ALL[9::-1]]
    assert [d.candidate.origin for d in record] == ["Score"] * 10 + ["Random"] * 5


def test_a_space_ends_where_only_refused_candidates_are_left() -> None:
    strategy = create_strategy(
        StrategySpec(random=Random()), Problem(TOY, ONE, LIMIT), scoring=Scoring(("synflow",), 35, 3)
    )
    record = simulate(strategy, lambda _: {"quality": 1.0, "cost": 0.0}, 100, 4, 0, scores=tuple(ALL))
    assert {d.candidate.id for d in record} == {one.candidate.id for one in ALL if one.metrics["cost"] == 0}


def test_a_search_goes_on_when_no_candidate_has_a_score() -> None:
    unscored = tuple(Scored(one.candidate, {"cost": 0.0}) for one in ALL)
    strategy = create_strategy(
        StrategySpec(random=Random(), seed=1), Problem(TOY, ONE), scoring=Scoring(("synflow",), 35, 3)
    )
    plain = create_strategy(StrategySpec(random=Random(), seed=1), Problem(TOY, ONE))
    assert strategy.ask(History(scores=unscored), 4) == plain.ask(History(), 4)


def test_with_rungs_the_kept_are_the_first_at_the_lowest() -> None:
    spec = StrategySpec.model_validate({"bayesian": {"initialCandidates": 7}, "rungs": {}})
    strategy = create_strategy(spec, Problem(TOY, ONE, LIMIT), scoring=Scoring(("synflow",), 35, 3), epochs=9)
    plain = create_strategy(spec.model_copy(update={"rungs": None}), Problem(TOY, ONE, LIMIT))
    assert strategy.enough == plain.enough
    chosen = strategy.ask(History(scores=tuple(ALL)), 5)
    kept = [one.candidate.id for one in ALL[::-1] if one.metrics["cost"] == 0][:3]
    assert [one.id for one in chosen][:3] == kept
    assert [one.origin for one in chosen] == ["Score"] * 3 + ["Random"] * 2

from __future__ import annotations

from nas_core.api.evaluation import Evaluation
from nas_core.api.strategy import Random, StrategySpec, ZeroCost
from nas_search import History, Problem, Scored, Scoring, Strategy, create_strategy
from nas_search.prefiltered import Prefiltered
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.scoring import draw, scoring_of
from nas_search.testing.simulation import Evaluate, simulate
from nas_search.testing.strategy_conformance import LIMIT, ONE, TOY, StrategyConformance

ALL = [Scored(one, {"proxy_synflow": float(k), "cost": k % 2}) for k, one in enumerate(draw(TOY, 0, 35))]


class TestConformance(StrategyConformance):
    """Without scores it is the other strategy."""

    def create(self, problem: Problem, seed: int) -> Strategy:
        after = RegularizedEvolution(problem, seed, 8, 3)
        return Prefiltered(after, Scoring(("synflow",), 100, 5))


def quality_by_score(sign: float) -> Evaluate:
    """Results that go with the scores of all candidates, or against them."""
    score = {one.candidate.id: one.metrics["proxy_synflow"] for one in ALL}
    return lambda candidate: {"quality": sign * score[candidate.id], "cost": 0.0}


def test_zero_cost_search_trains_in_the_order_of_the_scores_after_a_few_others() -> None:
    spec = StrategySpec(zero_cost=ZeroCost(proxies=["synflow"], candidates=10))
    strategy = create_strategy(spec, Problem(TOY, ONE), scoring=Scoring(("synflow",), 10, 10))
    record = simulate(strategy, quality_by_score(1), 15, 3, 0, scores=tuple(ALL[:10]))
    best = [one.candidate.id for one in ALL[9::-1]]
    # The first that were drawn: these had the lowest scores.
    assert [d.candidate.id for d in record[:10]] == [*best[:4:-1], *best[:5]]
    assert [d.candidate.origin for d in record[5:]] == ["Score"] * 5 + ["Random"] * 5


def test_how_many_random_ones_come_first_may_be_said() -> None:
    spec = StrategySpec(zero_cost=ZeroCost(proxies=["synflow"], candidates=10, random_candidates=1))
    scoring = scoring_of(spec, Evaluation())
    assert scoring is not None
    record = simulate(
        create_strategy(spec, Problem(TOY, ONE), scoring=scoring), quality_by_score(1), 3, 1, 0, scores=tuple(ALL[:10])
    )
    assert [d.candidate.id for d in record] == [ALL[0].candidate.id, ALL[9].candidate.id, ALL[8].candidate.id]


def test_scores_that_results_contradict_are_dropped_at_once() -> None:
    strategy = create_strategy(
        StrategySpec(random=Random()), Problem(TOY, ONE), scoring=Scoring(("synflow",), len(ALL), 10)
    )
    record = simulate(strategy, quality_by_score(-1), 15, 1, 0, scores=tuple(ALL))
    assert {d.candidate.origin for d in record} == {"Random"}
    agreeing = simulate(strategy, quality_by_score(1), 15, 1, 0, scores=tuple(ALL))
    assert sum(d.candidate.origin == "Score" for d in agreeing) == 10


def test_the_random_beginning_is_not_left_out_for_scores_that_results_contradict() -> None:
    """Local search begins at once behind scores, and draws its own beginning without them."""
    spec = StrategySpec.model_validate({"localSearch": {"initialCandidates": 10}})
    origins = {}
    for sign in (1, -1):
        strategy = create_strategy(spec, Problem(TOY, ONE), scoring=Scoring(("synflow",), len(ALL), 3))
        record = simulate(strategy, quality_by_score(sign), 10, 1, 0, scores=tuple(ALL))
        origins[sign] = {d.candidate.origin for d in record[8:]}
    assert origins == {1: {"Mutation"}, -1: {"Random"}}


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
    chosen = strategy.ask(History(scores=tuple(ALL)), 7)
    kept = [one.candidate.id for one in ALL[::-1] if one.metrics["cost"] == 0][:2]
    assert [one.id for one in chosen if one.origin == "Score"] == kept
    assert [one.origin for one in chosen] == [*["Random"] * 5, "Score", "Score"]

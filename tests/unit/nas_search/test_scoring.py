from __future__ import annotations

import math

import pytest

from nas_core.api.evaluation import Evaluation, Prefilter
from nas_core.api.strategy import Constraint, StrategySpec, ZeroCost
from nas_core.spaces.decisions import Real
from nas_core.spaces.joint import JointSpace
from nas_search import History, Problem, Scored, Scoring, scoring_of
from nas_search.random_search import RandomSearch
from nas_search.scoring import draw, ranked
from nas_search.testing.strategy_conformance import ONE, SPACE, TOY

CANDIDATES = draw(SPACE, 0, 5)


def scored(*metrics: dict[str, float]) -> list[Scored]:
    return [Scored(candidate, each) for candidate, each in zip(CANDIDATES, metrics, strict=False)]


def order(scores: list[Scored], *proxies: str, limit: Constraint | None = None) -> list[int]:
    best = ranked(scores, proxies, [limit] if limit else [])
    return [scores.index(one) for one in best]


def test_a_search_says_what_is_scored() -> None:
    none, filtered = Evaluation(), Evaluation(prefilter=Prefilter(proxies=["synflow"], candidates=300, keep=7))
    assert scoring_of(StrategySpec(), none) is None
    assert scoring_of(StrategySpec(), filtered) == Scoring(("synflow",), 300, 7)
    by_score = StrategySpec(zero_cost=ZeroCost(proxies=["naswot"], candidates=50))
    assert scoring_of(by_score, none) == Scoring(("naswot",), 50, 50)


@pytest.mark.parametrize("count", [10, 4000, 100_000])
def test_what_is_drawn_is_distinct_and_follows_from_the_seed(count: int) -> None:
    drawn = draw(SPACE, 3, count)
    ids = [candidate.id for candidate in drawn]
    assert len(set(ids)) == len(ids) == min(count, len(SPACE.distinct))
    assert draw(SPACE, 3, count) == drawn
    assert draw(SPACE, 4, count) != drawn


def test_a_space_that_cannot_be_enumerated_is_drawn_from_too() -> None:
    drawn = draw(JointSpace(TOY, [Real("learningRate", 0.001, 1.0)]), 0, 40)
    assert len({candidate.hyperparameters["learningRate"] for candidate in drawn}) == 40


def test_it_is_not_the_draw_of_the_search_itself() -> None:
    assert draw(SPACE, 0, 1)[0].id != RandomSearch(Problem(SPACE, ONE), 0).ask(History(), 1)[0].id


def test_several_proxies_rank_by_the_mean_of_their_ranks() -> None:
    scores = scored(
        {"proxy_a": 1.0, "proxy_b": 1e9}, {"proxy_a": 3.0, "proxy_b": 2.0}, {"proxy_a": 2.0, "proxy_b": 1.0}
    )
    assert order(scores, "a") == [1, 2, 0]
    assert order(scores, "a", "b") == [1, 0, 2]


def test_what_has_no_score_or_breaks_a_constraint_is_not_ranked() -> None:
    scores = scored({"proxy_a": 1.0, "parameters": 10.0}, {"proxy_a": 2.0}, {"parameters": 1.0}, {"proxy_a": math.nan})
    assert order(scores, "a") == [1, 0]
    assert order(scores, "a", limit=Constraint(metric="parameters", max="5")) == [1]
    assert order(scores, "a", limit=Constraint(metric="parameters", min="5", max="20")) == [1, 0]

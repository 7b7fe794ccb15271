from __future__ import annotations

import numpy as np
import pytest

from nas_core.api.strategy import StrategySpec
from nas_core.api.trial import CandidateSpec
from nas_core.ranks import rank_correlation
from nas_search import Problem, Scored, Scoring, create_strategy
from nas_search.predictors.features import Features
from nas_search.predictors.prior import Prior
from nas_search.scoring import draw
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import ONE, SPACE

FEATURES = Features(SPACE)
CANDIDATES = draw(SPACE, 0, 600)
WORTH = {"none": 0.0, "skip_connect": 1.0, "avg_pool_3x3": 0.5, "nor_conv_1x1": 2.0, "nor_conv_3x3": 3.0}


def worth(candidate: CandidateSpec) -> float:
    """Better with more convolutions, and most so with three particular ones."""
    chosen = list(candidate.architecture.values())
    return sum(WORTH[one] for one in chosen) + 4 * (chosen[0] == chosen[2] == chosen[4] == "nor_conv_1x1")


def noisy(candidate: CandidateSpec, noise: float = 2.0) -> float:
    rng = np.random.default_rng(int(candidate.id[:8], 16))
    return worth(candidate) + noise * float(rng.standard_normal())


def scores(count: int) -> tuple[Scored, ...]:
    return tuple(Scored(one, {"proxy_good": noisy(one), "parameters": 1.0}) for one in CANDIDATES[:count])


def columns(prior: Prior, candidates: list[CandidateSpec]) -> np.ndarray:
    values = [one.architecture for one in candidates]
    return prior.columns(values, FEATURES.rows(values))


def test_scores_are_quantiles_and_those_of_others_are_expected() -> None:
    prior = Prior(SPACE, FEATURES, scores(400))
    assert prior.proxies == 1
    known = columns(prior, CANDIDATES[:400])
    assert known.shape == (400, 1)
    assert rank_correlation(known[:, 0].tolist(), [noisy(one) for one in CANDIDATES[:400]]) == pytest.approx(1)
    assert known.std() == pytest.approx(1, abs=0.05)
    others = columns(prior, CANDIDATES[400:])[:, 0].tolist()
    assert (rank_correlation(others, [worth(one) for one in CANDIDATES[400:]]) or 0) > 0.6
    assert prior.best_scored[0] == max(CANDIDATES[:400], key=noisy).architecture


def test_a_proxy_that_some_candidates_lack_is_taken_of_the_others() -> None:
    without = tuple(Scored(one.candidate, {"parameters": 1.0}) for one in scores(40)[20:])
    assert Prior(SPACE, FEATURES, (*scores(20), *without)).proxies == 1
    assert Prior(SPACE, FEATURES, without).proxies == 0
    assert Prior(SPACE, FEATURES, ()).columns([], np.empty((0, 6))).shape == (0, 0)


def reached(scored: tuple[Scored, ...], seed: int, count: int) -> float:
    scoring = Scoring(("good",), len(scored), 2) if scored else None
    strategy = create_strategy(
        StrategySpec.model_validate({"bayesian": {}, "seed": seed}), Problem(SPACE, ONE), scoring=scoring
    )
    record = simulate(strategy, lambda one: {"quality": worth(one)}, count, 1, 0, scores=scored)
    return max((d.metrics or {})["quality"] for d in record)


def test_scores_find_good_candidates_sooner() -> None:
    informed, plain = ([reached(known, seed, 8) for seed in range(4)] for known in (scores(500), ()))
    # Five of the eight are random, to tell what the scores are worth.
    assert np.mean(informed) > np.mean(plain) + 0.5


def test_scores_that_promise_nothing_are_seen_through() -> None:
    """The slope is learned: a proxy that is turned around delays a search, and does not end it."""
    wrong = tuple(Scored(one.candidate, {"proxy_good": -one.metrics["proxy_good"]}) for one in scores(500))
    assert np.mean([reached(wrong, seed, 30) for seed in range(3)]) >= np.mean([reached((), s, 15) for s in range(3)])

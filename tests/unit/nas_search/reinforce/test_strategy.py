from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nas_search import History, Observation, Problem, Strategy
from nas_search.reinforce import Reinforce
from nas_search.reinforce.strategy import BASELINE, RankReward
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO, StrategyConformance


class TestConformance(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return Reinforce(problem, seed, learning_rate=0.5, entropy=0.02)


INF = np.inf


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0, 3], [0, 2], [0, 1]], 2 / 3),
        ([[0, 1], [0, 2], [0, 3]], -2 / 3),
        ([[0, 1], [0, 1]], 0),
        ([[1, 1], [INF, 0], [INF, INF], [0, 9]], 3 / 4),
        ([[0, 1], [2, 0], [1, 9]], 0),
        ([[0, 1, 9], [0, 9, 1], [0, 5, 5]], 0),
        ([[0, 1, 9], [0, 9, 1], [0, 9, 9]], -2 / 3),
        ([[INF, INF], [0, 5], [INF, INF]], -1 / 3),
    ],
)
def test_the_reward_is_the_rank_among_the_last(rows: Sequence[Sequence[float]], expected: float) -> None:
    reward = RankReward(len(rows[0]) - 1)
    assert [reward.of(np.array(row, dtype=np.float64)) for row in rows][-1] == pytest.approx(expected)


def test_what_was_long_ago_is_no_baseline() -> None:
    reward = RankReward(1)
    rewards = [reward.of(np.array([0.0, cost])) for cost in [0.0] * 60 + [2.0] * 60 + [1.0] * 100]
    assert rewards[119] == pytest.approx(-40 / BASELINE)
    assert rewards[120] == pytest.approx((60 - 39) / BASELINE)
    assert rewards[-1] == 0


def results(strategy: Strategy, quality: Sequence[float], cost: Sequence[float], edge: Sequence[str]) -> History:
    rng = np.random.default_rng(0)
    candidates = [strategy.candidate({**SPACE.sample(rng), "1-3": op}, "Random") for op in edge]
    metrics = [{"quality": q, "cost": c} for q, c in zip(quality, cost, strict=True)]
    return History(tuple(Observation(i, i + 1, *pair) for i, pair in enumerate(zip(candidates, metrics, strict=True))))


def share(strategy: Strategy, seen: History, op: str) -> float:
    return float(np.mean([candidate.architecture["1-3"] == op for candidate in strategy.ask(seen, 50)]))


def test_it_draws_what_paid() -> None:
    edge = ["nor_conv_3x3", "none", "skip_connect", "avg_pool_3x3"] * 10
    good = [float(op == "nor_conv_3x3") for op in edge]
    strategy = Reinforce(Problem(SPACE, ONE), 0, 0.5, 0.02)
    assert share(strategy, results(strategy, good, [0.0] * 40, edge), "nor_conv_3x3") > 0.6


def test_what_breaks_a_constraint_does_not_pay() -> None:
    edge = ["nor_conv_3x3", "none"] * 20
    good = [float(op == "nor_conv_3x3") for op in edge]
    strategy = Reinforce(Problem(SPACE, ONE, LIMIT), 0, 0.5, 0.02)
    assert share(strategy, results(strategy, good, good, edge), "nor_conv_3x3") < 0.1


def test_both_ends_of_a_front_pay() -> None:
    edge = ["nor_conv_3x3", "none", "skip_connect"] * 20
    quality = [{"nor_conv_3x3": 0.9, "none": 0.1, "skip_connect": 0.1}[op] for op in edge]
    cost = [{"nor_conv_3x3": 0.9, "none": 0.1, "skip_connect": 0.9}[op] for op in edge]
    strategy = Reinforce(Problem(SPACE, TWO), 0, 0.5, 0.02)
    seen = results(strategy, quality, cost, edge)
    assert share(strategy, seen, "nor_conv_3x3") > 0.2 < share(strategy, seen, "none")
    assert share(strategy, seen, "skip_connect") < 0.1


def test_more_entropy_explores_longer() -> None:
    edge = ["nor_conv_3x3", "none"] * 20
    good = [float(op == "nor_conv_3x3") for op in edge]
    sure, undecided = (Reinforce(Problem(SPACE, ONE), 0, 0.5, entropy) for entropy in (0.01, 0.5))
    seen = results(sure, good, [0.0] * 40, edge)
    assert share(sure, seen, "nor_conv_3x3") > share(undecided, seen, "nor_conv_3x3") + 0.2

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_search import History, Observation, Problem, Strategy
from nas_search.nsga2 import Nsga2
from nas_search.random_search import RandomSearch
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO, StrategyConformance

ARCHITECTURES = list(SPACE.distinct.values())


class TestConformance(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return Nsga2(problem, seed, population_size=8)


def history(*results: tuple[float, float]) -> History:
    """Results of quality and cost."""
    strategy = Nsga2(Problem(SPACE, ONE), 0, 2)
    return History(
        tuple(
            Observation(i, i + 1, strategy.candidate(ARCHITECTURES[50 * i], "Random"), {"quality": q, "cost": c})
            for i, (q, c) in enumerate(results)
        )
    )


def parents(strategy: Nsga2, seen: History) -> set[int]:
    return {parent for candidate in strategy.ask(seen, 40) for parent in candidate.parents}


def test_parents_are_of_the_front() -> None:
    seen = history((0.9, 0.9), (0.5, 0.5), (0.1, 0.1), (0.4, 0.6), (0.05, 0.9), (0.0, 1.0))
    assert parents(Nsga2(Problem(SPACE, TWO), 0, 3), seen) == {0, 1, 2}


def test_of_the_last_front_the_least_crowded_are_kept() -> None:
    seen = history((0.9, 0.9), (0.88, 0.88), (0.5, 0.5), (0.1, 0.1))
    assert parents(Nsga2(Problem(SPACE, TWO), 0, 3), seen) == {0, 2, 3}


def test_what_keeps_the_constraints_comes_first() -> None:
    seen = history((0.9, 0.9), (0.2, 0.1), (0.3, 0.2), (0.8, 0.7))
    assert parents(Nsga2(Problem(SPACE, ONE, LIMIT), 0, 2), seen) == {1, 2}


def test_half_of_the_children_are_crosses_that_are_not_mutated() -> None:
    seen = history(*((k / 10, k / 10) for k in range(10)))
    batch = Nsga2(Problem(SPACE, TWO), 0, 10).ask(seen, 60)
    crosses = [candidate for candidate in batch if candidate.origin == "Crossover"]
    assert 12 < len(crosses) < 42  # a tenth of the pairs are one member twice; crosses of near ones were tried before
    for child in crosses:
        one, other = (seen.observations[parent].candidate.architecture for parent in child.parents)
        assert all(child.architecture[name] in (one[name], other[name]) for name in one)
    for child in batch:
        if child.origin == "Mutation":
            [parent] = child.parents
            assert child.architecture in list(SPACE.neighbours(seen.observations[parent].candidate.architecture))


def convolutions(candidate: CandidateSpec) -> Mapping[str, float]:
    """Quality and cost that pull apart: convolutions are good and dear, the more so the later they are."""
    ops = list(candidate.architecture.values())
    quality = sum((k + 1) * (op == "nor_conv_3x3") for k, op in enumerate(ops))
    cost = sum(op in ("nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3") for op in ops)
    return {"quality": float(quality), "cost": float(cost)}


def test_it_spreads_over_the_front_further_than_random_search() -> None:
    def volume(strategy: Strategy) -> float:
        record = simulate(strategy, convolutions, 120, 4, timing_seed=0)
        found = [d.metrics for d in record if d.metrics]
        return sum(max((m["quality"] for m in found if m["cost"] <= most), default=0.0) for most in range(7))

    found = np.mean([volume(Nsga2(Problem(SPACE, TWO), seed, 20)) for seed in range(3)])
    drawn = np.mean([volume(RandomSearch(Problem(SPACE, TWO), seed)) for seed in range(3)])
    assert found > 1.2 * drawn

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nas_core.api.strategy import Constraint
from nas_search import History, Observation, Pending, Problem, Strategy
from nas_search.regularized_evolution import RegularizedEvolution
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, StrategyConformance


class TestConformance(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return RegularizedEvolution(problem, seed, population_size=8, sample_size=3)


def evolution(population: int = 4, sample: int = 4, constraints: Sequence[Constraint] = ()) -> RegularizedEvolution:
    return RegularizedEvolution(Problem(SPACE, ONE, constraints), 0, population, sample)


def history(*qualities: float | None, cost: Sequence[float] = ()) -> History:
    """Results in the order of their indices; None is a failure."""
    candidates = [evolution().candidate(a, "Random") for a in list(SPACE.distinct.values())[: len(qualities)]]
    costs = cost or [0.0] * len(qualities)
    return History(
        tuple(
            Observation(i, i + 1, c, None if q is None else {"quality": q, "cost": costs[i]})
            for i, (c, q) in enumerate(zip(candidates, qualities, strict=True))
        )
    )


def test_the_population_is_filled_at_random_and_pending_trials_count() -> None:
    batch = evolution().ask(history(0.1, 0.2, 0.3), 3)
    assert [c.origin for c in batch] == ["Random", "Mutation", "Mutation"]


def test_nothing_is_mutated_before_a_result_is_in() -> None:
    assert {c.origin for c in evolution().ask(History(), 10)} == {"Random"}


def test_failures_do_not_fill_the_population() -> None:
    assert evolution().ask(history(0.1, None, 0.3, 0.2), 1)[0].origin == "Random"
    assert evolution().ask(history(0.1, None, 0.3, 0.2, 0.4), 1)[0].origin == "Mutation"


def test_the_best_of_the_sample_becomes_the_parent() -> None:
    seen = history(0.1, 0.9, 0.3, 0.2)
    [child] = evolution().ask(seen, 1)
    assert (child.origin, child.parents) == ("Mutation", [1])
    assert child.architecture in list(SPACE.neighbours(seen.observations[1].candidate.architecture))


def test_the_oldest_dies_however_good_it_is() -> None:
    assert evolution().ask(history(0.9, 0.1, 0.3, 0.2, 0.2), 1)[0].parents == [2]


def test_age_is_counted_by_the_order_of_recording_not_of_starting() -> None:
    seen = history(0.1, 0.9, 0.3, 0.2, 0.8).observations
    recorded = (seen[1], seen[0], *seen[2:])
    renumbered = tuple(Observation(o.index, k + 1, o.candidate, o.metrics) for k, o in enumerate(recorded))
    assert evolution().ask(History(renumbered), 1)[0].parents == [4]


def test_a_feasible_parent_is_preferred_to_a_better_one_that_is_not() -> None:
    seen = history(0.9, 0.1, 0.2, 0.8, cost=[0.6, 0.5, 0.4, 0.7])
    assert evolution(constraints=LIMIT).ask(seen, 1)[0].parents == [2]


def test_small_samples_let_others_than_the_best_have_children() -> None:
    batch = evolution(sample=1).ask(history(0.1, 0.9, 0.3, 0.2), 40)
    assert {parent for candidate in batch for parent in candidate.parents} == {0, 1, 2, 3}


def test_half_of_the_children_are_crosses_of_two_winners_and_not_mutated() -> None:
    seen = history(0.1, 0.9, 0.3, 0.2)
    # Far from each other, so that few crosses were tried before and tournaments seldom have the same winner twice.
    far = [list(SPACE.distinct.values())[place] for place in (1000, 2500, 4000, 6000)]
    seen = History(
        tuple(
            replace(o, candidate=evolution().candidate(a, "Random"))
            for o, a in zip(seen.observations, far, strict=True)
        )
    )
    batch = evolution(sample=1).ask(seen, 80)
    crosses = [candidate for candidate in batch if candidate.origin == "Crossover"]
    assert 20 <= len(crosses) <= 50  # a quarter of the pairs are one member twice
    for child in crosses:
        one, other = (far[parent] for parent in child.parents)
        assert one != other
        assert all(child.architecture[name] in (one[name], other[name]) for name in child.architecture)
    assert {candidate.origin for candidate in batch} == {"Crossover", "Mutation"}


def test_without_an_untried_mutant_a_random_architecture_is_taken() -> None:
    strategy = evolution(population=1)
    best = strategy.candidate(list(SPACE.distinct.values())[5000], "Random")
    near = {SPACE.canonical_id(a) for a in SPACE.neighbours(best.architecture)} - {best.id}
    pending = (Pending(1 + k, strategy.candidate(SPACE.distinct[i], "Mutation")) for k, i in enumerate(sorted(near)))
    seen = History((Observation(0, 1, best, {"quality": 0.9}),), tuple(pending))
    [candidate] = strategy.ask(seen, 1)
    assert candidate.origin == "Random"
    assert candidate.id not in seen.seen_ids()


def test_it_climbs_a_smooth_objective() -> None:
    """Quality is the number of 3x3 convolutions: 60 random draws of 15,625 seldom have 5 of 6, p = 0.1 a search."""
    found = []
    for seed in range(10):
        strategy, seen = RegularizedEvolution(Problem(SPACE, ONE), seed, 10, 5), History()
        for index in range(60):
            [candidate] = strategy.ask(seen, 1)
            metrics = {"quality": float(list(candidate.architecture.values()).count("nor_conv_3x3"))}
            seen = History((*seen.observations, Observation(index, index + 1, candidate, metrics)))
        found.append(max((o.metrics or {})["quality"] for o in seen.observations))
    assert np.mean(found) >= 5

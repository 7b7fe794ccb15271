from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_search import History, Observation, Problem, Strategy
from nas_search.local_search import LocalSearch
from nas_search.testing.simulation import simulate
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO, StrategyConformance

ARCHITECTURES = list(SPACE.distinct.values())


class TestConformance(StrategyConformance):
    def create(self, problem: Problem, seed: int) -> Strategy:
        return LocalSearch(problem, seed, initial_candidates=8)


def history(*results: tuple[float, float]) -> History:
    """Results of quality and cost."""
    strategy = LocalSearch(Problem(SPACE, ONE), 0, 1)
    return History(
        tuple(
            Observation(i, i + 1, strategy.candidate(ARCHITECTURES[100 * i], "Random"), {"quality": q, "cost": c})
            for i, (q, c) in enumerate(results)
        )
    )


def apart(one: dict[str, str], other: dict[str, str]) -> int:
    return sum(one[name] != other[name] for name in one)


def test_neighbours_of_the_best_are_tried() -> None:
    seen = history((0.1, 0.0), (0.9, 0.0), (0.5, 0.0))
    for candidate in LocalSearch(Problem(SPACE, ONE), 0, 3).ask(seen, 5):
        assert candidate.parents == [1]
        assert apart(candidate.architecture, seen.observations[1].candidate.architecture) == 1


def test_a_better_neighbour_takes_its_place() -> None:
    strategy, seen = LocalSearch(Problem(SPACE, ONE), 0, 3), history((0.1, 0.0), (0.9, 0.0), (0.5, 0.0))
    [found] = strategy.ask(seen, 1)
    after = History((*seen.observations, Observation(3, 4, found, {"quality": 0.95, "cost": 0.0})))
    assert strategy.ask(after, 1)[0].parents == [3]


def with_trials(seen: History, candidates: Sequence[CandidateSpec], quality: float = 0.0) -> History:
    """Add results of one quality."""
    first = len(seen.observations)
    added = (Observation(k, k + 1, c, {"quality": quality, "cost": 0.0}) for k, c in enumerate(candidates, first))
    return History((*seen.observations, *added))


def around(seen: History, index: int) -> list[CandidateSpec]:
    """Return all untried neighbours of a result, as its children."""
    strategy = LocalSearch(Problem(SPACE, ONE), 0, 1)
    near = SPACE.neighbours(seen.observations[index].candidate.architecture)
    found = {SPACE.canonical_id(one): strategy.candidate(one, "Mutation", [index]) for one in near}
    return [candidate for identity, candidate in found.items() if identity not in seen.seen_ids()]


def at_an_optimum() -> History:
    """All neighbours of the best, 1, were tried; of the next best, 2, some are left. The last random start was 3."""
    seen = history((0.1, 0.0), (0.9, 0.0), (0.5, 0.0), (0.2, 0.0))
    return with_trials(seen, around(seen, 1))


def parents_of_the_next(seen: History, seeds: int = 90) -> list[int | None]:
    asked = (LocalSearch(Problem(SPACE, ONE), seed, 3).ask(seen, 1)[0] for seed in range(seeds))
    return [candidate.parents[0] if candidate.parents else None for candidate in asked]


def test_from_an_optimum_one_third_goes_on_near_the_next_best_the_others_climb() -> None:
    parents = parents_of_the_next(at_an_optimum())
    assert set(parents) == {2, 3}
    assert 18 <= parents.count(2) <= 42


def test_a_climb_goes_on_from_its_own_best_however_bad_it_is() -> None:
    seen = at_an_optimum()
    better, worse = around(seen, 3)[:2]
    after = with_trials(with_trials(seen, [better], 0.3), [worse], 0.1)
    assert set(parents_of_the_next(after)) == {2, len(seen.observations)}


def test_when_a_climb_ends_another_starts_anywhere() -> None:
    seen = at_an_optimum()
    ended = with_trials(seen, around(seen, 3))
    parents = parents_of_the_next(ended)
    assert set(parents) == {2, None}
    [start] = [
        c for seed in range(90) if not (c := LocalSearch(Problem(SPACE, ONE), seed, 3).ask(ended, 1)[0]).parents
    ][:1]
    assert start.origin == "Random"
    assert set(parents_of_the_next(with_trials(ended, [start]))) == {2, len(ended.observations)}


def test_while_a_start_is_pending_no_other_is_made() -> None:
    seen = at_an_optimum()
    ended = with_trials(seen, around(seen, 3))
    batch = LocalSearch(Problem(SPACE, ONE), 0, 3).ask(ended, 20)
    assert [candidate.origin for candidate in batch].count("Random") == 1


def test_a_start_that_failed_is_followed_by_another_climb() -> None:
    seen = at_an_optimum()
    ended = with_trials(seen, around(seen, 3))
    start = LocalSearch(Problem(SPACE, ONE), 0, 3).untried(ended.seen_ids(), np.random.default_rng(0))
    assert start is not None
    last = len(ended.observations)
    failed = History((*ended.observations, Observation(last, last + 1, start, None)))
    assert set(parents_of_the_next(failed)) == {2, None}


def test_a_peak_far_from_the_first_is_found() -> None:
    """Two peaks: a search that never left the first's surroundings would need the whole space for the second."""

    def quality(candidate: CandidateSpec) -> dict[str, float]:
        ops = list(candidate.architecture.values())
        skips, convolutions = ops.count("skip_connect"), ops.count("nor_conv_3x3")
        return {"quality": convolutions + 0.5 if convolutions == 6 else max(skips * 0.9, convolutions), "cost": 0.0}

    found = []
    for seed in range(6):
        record = simulate(LocalSearch(Problem(SPACE, ONE), seed, 10), quality, 250, 1, timing_seed=0)
        found.append(max((d.metrics or {})["quality"] for d in record))
    assert min(found) == 6.5


def test_what_keeps_the_constraints_comes_first() -> None:
    seen = history((0.9, 0.9), (0.2, 0.1), (0.8, 0.7))
    assert LocalSearch(Problem(SPACE, ONE, LIMIT), 0, 3).ask(seen, 1)[0].parents == [1]


def test_all_of_the_front_are_centres() -> None:
    seen = history((0.9, 0.9), (0.2, 0.1), (0.1, 0.7))
    parents = [LocalSearch(Problem(SPACE, TWO), seed, 3).ask(seen, 1)[0].parents[0] for seed in range(20)]
    assert set(parents) == {0, 1}

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from nas_core.api.strategy import Constraint, Objective, Rungs
from nas_core.api.trial import CandidateSpec
from nas_search import History, Ladder, Observation, Pending, Problem
from nas_search.rungs.promotion import best, due, promotable
from nas_search.testing.strategy_conformance import LIMIT, ONE, SPACE, TWO


def candidate(index: int) -> CandidateSpec:
    return CandidateSpec(id=f"id{index}", architecture={}, origin="Random")


def results(*values: float | Mapping[str, float] | None, epochs: int = 1, after: int = 0) -> list[Observation]:
    """Results of the candidates from 0; a number is the quality, None a failure."""
    metrics = [{"quality": v} if isinstance(v, (int, float)) else v for v in values]
    return [Observation(i, after + i + 1, candidate(i), m, epochs) for i, m in enumerate(metrics)]


def at(index: int, value: float, epochs: int, sequence: int) -> Observation:
    return Observation(index, sequence, candidate(index), {"quality": value}, epochs)


def ladder(scheduler: str = "asha", epochs: int = 9) -> Ladder:
    return Ladder.of(Rungs.model_validate({scheduler: {}}), epochs)


def keys(
    found: History, total: int, steps: Ladder, objectives: list[Objective] = ONE, limits: list[Constraint] | None = None
) -> list[tuple[int, int]]:
    return [one.key for one in due(steps, found, total, Problem(SPACE, objectives, limits or []))]


def test_asha_promotes_as_soon_as_one_is_among_the_best_third() -> None:
    assert keys(History(tuple(results(0.1, 0.9))), 100, ladder()) == []
    assert keys(History(tuple(results(0.1, 0.9, 0.5))), 100, ladder()) == [(1, 3)]
    assert keys(History(tuple(results(0.1, 0.9, 0.5, 0.95, 0.2, 0.3))), 100, ladder()) == [(3, 3), (1, 3)]


def test_what_was_promoted_is_not_promoted_again() -> None:
    three = tuple(results(0.1, 0.9, 0.5))
    assert keys(History(three, (Pending(1, candidate(1), 3),)), 100, ladder()) == []
    assert keys(History((*three, at(1, 0.91, 3, 4))), 100, ladder()) == []


def test_the_highest_rung_comes_first() -> None:
    seen = results(*(i / 20 for i in range(12))) + [at(i, i / 20, 3, 13 + k) for k, i in enumerate((9, 10, 11))]
    assert keys(History(tuple(seen)), 100, ladder()) == [(11, 9), (8, 3)]


@pytest.mark.parametrize("scheduler", ["successiveHalving", "hyperband"])
def test_a_bracket_waits_for_all_of_its_candidates(scheduler: str) -> None:
    nine = results(*(i / 10 for i in range(9)))
    waiting = (Pending(8, candidate(8), 1),)
    assert keys(History(tuple(nine[:8]), waiting, 30), 30, ladder(scheduler)) == []
    assert keys(History(tuple(nine[:8])), 30, ladder(scheduler)) == [], "the ninth has not begun"
    assert keys(History(tuple(nine)), 30, ladder(scheduler)) == [(8, 3), (7, 3), (6, 3)]
    higher = [at(8, 0.8, 3, 10), at(7, 0.9, 3, 11)]
    assert keys(History((*nine, *higher), (Pending(6, candidate(6), 3),)), 30, ladder(scheduler)) == []
    assert keys(History((*nine, *higher, at(6, 0.1, 3, 12))), 30, ladder(scheduler)) == [(7, 9)]


def test_a_deleted_trial_is_not_waited_for() -> None:
    eight = results(*(i / 10 for i in range(8)))
    assert keys(History(tuple(eight), (), 9), 30, ladder("successiveHalving")) == [(7, 3), (6, 3)]


@pytest.mark.parametrize("scheduler", ["asha", "successiveHalving", "hyperband"])
def test_in_the_end_one_goes_on_from_each_rung(scheduler: str) -> None:
    two = tuple(results(0.1, 0.9))
    assert keys(History(two), 2, ladder(scheduler)) == [(1, 3)]
    assert keys(History((*two, at(1, 0.9, 3, 3))), 2, ladder(scheduler)) == [(1, 9)]
    assert keys(History((*two, at(1, 0.9, 3, 3), at(1, 0.9, 9, 4))), 2, ladder(scheduler)) == []


def test_failures_are_never_promoted_nor_do_they_promote_others() -> None:
    assert keys(History(tuple(results(None, None, 0.1))), 100, ladder()) == []
    assert keys(History(tuple(results(None, None, 0.1))), 3, ladder()) == [(2, 3)], "the last of its rung"
    assert keys(History(tuple(results(None, None, None))), 3, ladder()) == []


def test_what_breaks_a_constraint_comes_after_what_keeps_it() -> None:
    seen = results(*({"quality": i / 10, "cost": i / 10} for i in range(9)))
    assert keys(History(tuple(seen)), 100, ladder(), limits=LIMIT) == [(5, 3), (4, 3), (3, 3)]
    dear = results(*({"quality": 0.5, "cost": 0.9 - i / 20} for i in range(3)))
    assert keys(History(tuple(dear)), 100, ladder(), limits=LIMIT) == [(2, 3)], "the one that breaks it least"


def test_several_objectives_promote_the_front_and_of_it_the_least_crowded() -> None:
    front = [{"quality": q, "cost": q} for q in (0.1, 0.5, 0.52, 0.9)]
    worse = [{"quality": 0.05, "cost": 0.95}] * 5
    chosen = best(results(*front, *worse), 3, Problem(SPACE, TWO))
    assert {o.index for o in chosen} == {0, 1, 3}


def test_what_was_earned_stays_earned_while_no_result_comes_in() -> None:
    seen = tuple(results(0.1, 0.9, 0.5))
    later = History(seen, (Pending(1, candidate(1), 3),))
    assert [p.key for p in promotable(ladder(), later, 100, Problem(SPACE, ONE))] == [(1, 3)]


def extended(found: History, total: int, steps: Ladder, *indices: int) -> list[tuple[int, int, bool]]:
    return [(*one.key, one.extended) for one in due(steps, found, total, Problem(SPACE, ONE), set(indices))]


@pytest.mark.parametrize("scheduler", ["asha", "successiveHalving", "hyperband"])
def test_what_a_person_extends_goes_up_rung_by_rung_whatever_its_rank(scheduler: str) -> None:
    low = results(0.1, 0.9)
    steps = ladder(scheduler)
    assert extended(History(tuple(low), (), 2), 100, steps, 0, 7) == [(0, 3, True)], "the other has no result"
    up = History(tuple(low), (Pending(0, candidate(0), 3),), 2)
    assert extended(up, 100, steps, 0) == [], "it is on its way"
    there = (*low, replace(at(0, 0.1, 3, 3), extended=True))
    assert extended(History(there, (), 2), 100, steps, 0) == [(0, 9, True)]
    assert extended(History(there, (), 2), 100, steps) == [], "once it is not asked for it stays where it is"
    top = (*there, replace(at(0, 0.1, 9, 4), extended=True))
    assert extended(History(top, (), 2), 100, steps, 0) == []
    failed = (*low, Observation(0, 3, candidate(0), None, 3, extended=True))
    assert extended(History(failed, (), 2), 100, steps, 0) == []


def test_what_is_extended_and_earned_was_earned_and_comes_first_all_the_same() -> None:
    seen = results(*(i / 20 for i in range(12))) + [at(i, i / 20, 3, 13 + k) for k, i in enumerate((9, 10, 11))]
    assert extended(History(tuple(seen)), 100, ladder(), 8, 2) == [(2, 3, True), (8, 3, False), (11, 9, False)]


@pytest.mark.parametrize("scheduler", ["asha", "successiveHalving", "hyperband"])
@pytest.mark.parametrize("value", [0.0, 0.99])
def test_others_are_promoted_as_if_nobody_had_been_extended(scheduler: str, value: float) -> None:
    """Whatever it reaches up there: neither does it take a place among the best nor make room for one."""
    seen = results(*(i / 10 for i in range(9))) + [at(i, i / 10, 3, 10 + k) for k, i in enumerate((8, 7, 6))]
    steps = ladder(scheduler)
    without = keys(History(tuple(seen)), 9, steps)
    beside = replace(at(0, value, 3, 20), extended=True)
    assert keys(History((*seen, beside)), 9, steps) == without
    higher = replace(at(0, value, 9, 21), extended=True)
    assert keys(History((*seen, beside, higher)), 9, steps) == without


def test_what_was_extended_counts_as_soon_as_it_has_earned_its_rung() -> None:
    """A bracket's best that somebody extended before its turn goes on by its rank, and nobody goes in its place."""
    nine = results(*(i / 10 for i in range(9)))
    early = replace(at(8, 0.8, 3, 10), extended=True)
    steps = ladder("successiveHalving")
    waiting = (Pending(0, candidate(0), 1),)
    assert keys(History((*nine[1:], early), waiting), 30, steps) == []
    assert keys(History((*nine, early)), 30, steps) == [(7, 3), (6, 3)]
    others = [at(7, 0.7, 3, 11), at(6, 0.6, 3, 12)]
    assert keys(History((*nine, early, *others)), 30, steps) == [(8, 9)]

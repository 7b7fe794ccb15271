from __future__ import annotations

import pytest
from tests.support.factories import World, search

from nas_plan.ask import _made, ask, ordered_basis, trial_seed


def test_nothing_is_asked_for_without_a_free_slot() -> None:
    spec = search().spec
    assert spec is not None
    assert ask(spec, [], 0, 0) == ask(spec, [], 0, -3) == []


def test_a_batch_begins_with_what_a_smaller_one_would_give() -> None:
    spec = search().spec
    assert spec is not None
    batch = ask(spec, [], 7, 5)
    assert batch[:2] == ask(spec, [], 7, 2)
    assert [t.index for t in batch] == [7, 8, 9, 10, 11] and {t.basis for t in batch} == {0}
    assert len({t.candidates[0].id for t in batch}) == 5


def test_failed_trials_are_seen_without_metrics() -> None:
    w = World(search(strategy={"regularizedEvolution": {"populationSize": 2, "sampleSize": 1}, "seed": 1}))
    w.step()
    w.succeed("s-00000-a1")
    w.fail("s-00001-a1", 64, reason="PodFailurePolicy")
    w.step()
    w.succeed("s-00002-a1")
    w.step()
    parents = w.trials["s-00004"].spec.candidates[0].parents
    assert parents and 1 not in parents


@pytest.mark.parametrize(
    ("index", "parallel", "each", "basis"),
    [(0, 4, 1, 0), (3, 4, 1, 0), (4, 4, 1, 1), (9, 4, 1, 6), (5, 1, 1, 5), (4, 2, 4, 0), (8, 2, 4, 4), (8, 1, 4, 8)],
)
def test_in_ordered_mode_a_trial_sees_all_but_those_beside_it(index: int, parallel: int, each: int, basis: int) -> None:
    assert ordered_basis(index, parallel, each) == basis


def test_several_candidates_make_a_trial_and_the_last_takes_the_rest() -> None:
    one_by_one, packed = search().spec, search(evaluation={"candidatesPerTrial": 4}, storage={"bucket": "nas"}).spec
    assert one_by_one is not None and packed is not None
    trials = ask(packed, [], 3, 10)
    assert [(t.index, len(t.candidates)) for t in trials] == [(3, 4), (7, 4), (11, 2)]
    assert [c for t in trials for c in t.candidates] == [t.candidates[0] for t in ask(one_by_one, [], 3, 10)]


def test_seeds_are_31_bits_and_differ_by_trial_and_search() -> None:
    seeds = {trial_seed(seed, index) for seed in range(20) for index in range(20)}
    assert len(seeds) == 400 and max(seeds) < 2**31
    assert trial_seed(7, 3) == trial_seed(7, 3)


def test_a_strategy_is_kept_as_long_as_a_search_asks_for_the_same() -> None:
    one, raised, other = search(), search(budget={"maxTrials": 9}), search(strategy={"random": {}, "seed": 2})
    _made.cache_clear()
    for asking in (one, raised, one, other):
        assert asking.spec
        ask(asking.spec, [], 0, 1)
    assert _made.cache_info().misses == 2

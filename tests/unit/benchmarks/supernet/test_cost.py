"""Seconds until one of the best is trained: all that is paid counts, on both sides the same."""

from dataclasses import replace

import pytest
from benchmarks.supernet.cost import Reached, compare, evolution, training_seconds, weight_sharing
from benchmarks.supernet.scored import Supernet
from benchmarks.supernet.table import Table


def supernet(table: Table, *, sign: int = 1) -> Supernet:
    scores = {row.id: sign * row.accuracy for row in table.rows}
    return Supernet("singlePath", "cpu", supernet_seconds=30, scoring_seconds=2, training_seconds=None, scores=scores)


def test_a_ranking_that_is_right_trains_one(exact: Table) -> None:
    found = weight_sharing(exact, supernet(exact))
    assert (found.seconds, found.trained) == (30 + 2 + 12, 1)


def test_a_ranking_that_is_wrong_pays_for_all_that_it_trains(exact: Table) -> None:
    found = weight_sharing(exact, supernet(exact, sign=-1))
    assert (found.seconds, found.trained) == (30 + 2 + 39 * 12, 39)


def test_evolution_pays_for_every_candidate(exact: Table) -> None:
    found = evolution(exact, seed=0)
    assert found.seconds == pytest.approx(found.trained * 12)
    assert 1 <= found.trained <= 39
    assert evolution(exact, seed=0) == found


def test_seconds_of_the_trainer_that_made_the_supernet_count_on_both_sides(exact: Table) -> None:
    assert training_seconds(exact) == 12
    slow = replace(supernet(exact), training_seconds=60.0)
    assert weight_sharing(exact, slow).seconds == 30 + 2 + 60
    searches = [evolution(exact, seed) for seed in range(3)]
    assert compare(exact, [slow], searches).evolution.seconds == pytest.approx(
        5 * compare(exact, [supernet(exact)], searches).evolution.seconds
    )


def test_the_ratio_is_of_the_means_and_within_its_interval(exact: Table) -> None:
    searches = [evolution(exact, seed) for seed in range(10)]
    found = compare(exact, [supernet(exact), supernet(exact, sign=-1)], searches)
    assert found.ratio.value == pytest.approx(found.sharing.seconds / found.evolution.seconds)
    assert found.ratio.low < found.ratio.value < found.ratio.high
    assert found.sharing.trained == 20


def test_seconds_that_differ_in_kind_are_not_compared(exact: Table) -> None:
    with pytest.raises(ValueError, match="several devices or trainers"):
        compare(exact, [supernet(exact), replace(supernet(exact), training_seconds=5.0)], [Reached(1, 1)])

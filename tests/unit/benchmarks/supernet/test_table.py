"""What a ranking is worth: 1 if it is the table's, its ends within the interval, bounded by the table's own noise."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.supernet.table import Table, between_seeds, ceilings, read, tau
from scipy.stats import kendalltau


def test_rows_are_as_they_were_written(exact: Table) -> None:
    assert len(exact.rows) == 40
    row = exact.rows[3]
    assert row.parameters == 103 and row.macs == 997
    assert list(row.seconds) == [10, 14]
    assert row.accuracy == pytest.approx(row.test[0])
    assert set(row.architecture) == {"0-1", "0-2", "1-2", "0-3", "1-3", "2-3"}


def test_the_tables_own_order_has_tau_1_and_its_reverse_minus_1(exact: Table) -> None:
    own = {row.id: row.accuracy for row in exact.rows}
    reverse = {name: -value for name, value in own.items()}
    assert tau([own], exact.rows).value == pytest.approx(1)
    assert tau([reverse], exact.top_half).value == pytest.approx(-1)
    assert tau([own, reverse], exact.rows).value == pytest.approx(0)


def test_scores_that_are_all_equal_rank_nothing(exact: Table) -> None:
    assert tau([dict.fromkeys(exact.all, 1.0)], exact.rows).value == 0


def test_tau_is_scipys_with_ties_too(exact: Table) -> None:
    scores = {row.id: float(place % 7) for place, row in enumerate(exact.rows)}
    expected = kendalltau(list(scores.values()), [row.accuracy for row in exact.rows]).statistic
    assert tau([scores], exact.rows).value == pytest.approx(expected)


def test_the_interval_holds_the_value(exact: Table) -> None:
    found = tau([{row.id: row.parameters for row in exact.rows}], exact.rows)
    assert found.low < found.value < found.high


def test_an_architecture_without_a_score_is_told(exact: Table) -> None:
    with pytest.raises(ValueError, match="1 of 40 architectures have no score"):
        tau([{row.id: 1.0 for row in exact.rows[1:]}], exact.rows)


def test_the_top_half_and_the_best_are_those_with_the_highest_accuracy(exact: Table) -> None:
    ordered = sorted(exact.rows, key=lambda row: -row.accuracy)
    assert {row.id for row in exact.top_half} == {row.id for row in ordered[:20]}
    assert exact.best(0.05) == ordered[:2]
    assert exact.best(0.06) == ordered[:3]


def test_percentiles_count_only_what_was_drawn_uniformly(exact: Table) -> None:
    drawn = sorted((row for row in exact.rows if row.origin == "random"), key=lambda row: row.accuracy)
    assert exact.percentile(drawn[0].id) == 0
    assert exact.percentile(drawn[-1].id) == 100
    assert exact.percentile(drawn[11].id) == pytest.approx(100 * 11 / 33)
    assert exact.percentile(exact.best(0.01)[0].id) == 100


def test_what_a_search_chose_is_in_no_ranking_and_has_a_percentile(exact: Table) -> None:
    middle = sorted((row for row in exact.rows if row.origin == "random"), key=lambda row: row.accuracy)[17]
    table = Table({**exact.all, "new": replace(middle, id="new", origin="given")})
    assert table.rows == exact.rows
    assert table.percentile("new") == pytest.approx(100 * 17.5 / 34)


def test_without_noise_both_seeds_agree_and_nothing_bounds_a_ranking(exact: Table) -> None:
    assert between_seeds(exact.rows).value == pytest.approx(1)
    assert ceilings(exact) == pytest.approx((1, 1))


def test_noise_bounds_what_a_ranking_can_reach_the_more_in_the_top_half(noisy_file: Path) -> None:
    table = read(noisy_file)
    over_all, of_top = ceilings(table)
    # The mean of two seeds is less noisy than either of them.
    assert between_seeds(table.rows).value < over_all < 1
    assert of_top < over_all

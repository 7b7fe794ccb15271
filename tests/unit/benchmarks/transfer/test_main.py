from __future__ import annotations

import numpy as np
import pytest
from benchmarks.transfer.__main__ import queries, ratio, row
from benchmarks.transfer.searches import Case, Found

FOUND = [Found([2.0, 0.1, 0.0], True), Found([0.05, 0.05, 0.05], False), Found([2.0, 1.0, 1.0], True)]


def test_a_search_that_never_comes_near_takes_one_query_more_than_it_had() -> None:
    assert queries(FOUND).tolist() == [2, 1, 4]


def test_the_interval_of_a_ratio_is_that_of_pairs() -> None:
    cold = np.arange(1.0, 41.0)
    assert ratio(cold / 2, cold, np.mean) == pytest.approx((0.5, 0.5, 0.5))
    found, low, high = ratio(cold[::-1], cold, np.mean)
    assert low < found == 1 < high


def test_a_row_says_how_often_the_earlier_search_was_dropped() -> None:
    assert row(Case("random", "c100_val", None), FOUND, FOUND).endswith("| 33% |  |  |")
    assert row(Case("random", "c100_val", "noise"), FOUND, FOUND).endswith("| 67% |")

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.knowledge.__main__ import interval, ranks, rows
from benchmarks.knowledge.searches import ARMS, QUERIES


def test_equal_values_share_their_rank() -> None:
    assert ranks(np.array([[0.1], [0.3], [0.1], [0.2]])).ravel().tolist() == [1.5, 4, 1.5, 3]


def test_an_interval_is_of_data_sets_as_well_as_seeds() -> None:
    between = np.repeat([[0.0], [1.0]], 50, axis=1)
    assert interval(between) == (0.0, 1.0), "two data sets say little, however many seeds"
    assert interval(np.full((3, 4), 0.5)) == pytest.approx((0.5, 0.5))


def test_the_table_has_a_row_for_each_beginning() -> None:
    regret = np.ones((len(ARMS), 2, 3, QUERIES))
    regret[2] /= 2
    found = rows(regret)
    assert len(found) == len(ARMS) and "0.500 (0.500 to 0.500)" in found[2]
    assert found[0].count("|") == found[2].count("|")

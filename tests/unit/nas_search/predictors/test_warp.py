from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from nas_search.predictors.warp import by_rank, by_rank_and_value, place_of


def test_by_value_results_keep_their_distances_but_for_the_worst() -> None:
    seen = by_rank_and_value(np.array([0.0, 90.0, 90.5, 91.0, 93.0])) - by_rank(np.array([0.0, 1.0, 2.0, 3.0, 4.0])) / 2
    gaps = np.diff(seen)
    assert gaps[1:] / gaps[1] == pytest.approx([1.0, 1.0, 4.0])
    assert gaps[0] / gaps[1] == pytest.approx(9.0)  # 5 below the median instead of 90: twice what the best is above


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0, 2.0], [-1e300, 1e300], [0.0, 5e-324]])
def test_any_values_are_seen_in_order(values: list[float]) -> None:
    seen = by_rank_and_value(np.array(values))
    assert np.isfinite(seen).all() and (np.diff(seen) >= 0).all()


def test_values_are_seen_by_rank() -> None:
    assert by_rank(np.array([5.0, -1e9, 7.0, 5.0])) == pytest.approx(norm.ppf([0.5, 0.125, 0.875, 0.5]))


@pytest.mark.parametrize(("bound", "share"), [(0.5, 0.125), (1.0, 0.125), (1.5, 0.25), (3.0, 0.625), (9.0, 0.875)])
def test_a_bound_lies_between_ranks(bound: float, share: float) -> None:
    assert place_of(bound, np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(float(norm.ppf(share)))
    assert math.isfinite(place_of(bound, np.array([2.0])))

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau, rankdata, spearmanr

from nas_core.ranks import kendall_tau, rank_correlation, ranks, tau_interval


@pytest.mark.parametrize("values", [[3.0, 1.0, 2.0], [1.0, 1.0, 2.0], [5.0], [0.0, -0.0, math.inf]])
def test_equal_values_share_their_mean_rank(values: list[float]) -> None:
    assert ranks(np.array(values)).tolist() == rankdata(values).tolist()


@pytest.mark.parametrize("right", [[1.0, 2.0, 3.0, 4.0], [4.0, 4.0, 1.0, 2.0], [0.1, -3.0, 7.0, 7.0]])
def test_the_correlation_is_spearmans(right: list[float]) -> None:
    left = [1.0, 3.0, 3.0, 9.0]
    assert rank_correlation(left, right) == pytest.approx(spearmanr(left, right).statistic)


@pytest.mark.parametrize("left, right", [([], []), ([1.0], [2.0]), ([1.0, 1.0], [1.0, 2.0])])
def test_without_an_order_there_is_none(left: list[float], right: list[float]) -> None:
    assert rank_correlation(left, right) is None


@pytest.mark.parametrize("right", [[1.0, 2.0, 3.0, 4.0], [4.0, 4.0, 1.0, 2.0], [0.1, -3.0, 7.0, 7.0]])
def test_tau_is_kendalls(right: list[float]) -> None:
    left = [1.0, 3.0, 3.0, 9.0]
    assert kendall_tau(left, right) == pytest.approx(kendalltau(left, right).statistic)


@pytest.mark.parametrize("left, right", [([], []), ([1.0], [2.0]), ([1.0, 1.0], [1.0, 2.0])])
def test_without_an_order_there_is_no_tau(left: list[float], right: list[float]) -> None:
    assert kendall_tau(left, right) is None


def test_of_four_pairs_nothing_is_known() -> None:
    assert tau_interval(0.5, 4) is None


@pytest.mark.parametrize("rho", [0.3, 0.9])
def test_the_interval_holds_the_true_tau_about_as_often_as_it_says(rho: float) -> None:
    rng = np.random.default_rng(0)
    true, count, held = 2 / math.pi * math.asin(rho), 12, 0
    for _ in range(400):
        pairs = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], count)
        interval = tau_interval(kendall_tau(pairs[:, 0].tolist(), pairs[:, 1].tolist()) or 0.0, count)
        held += interval is not None and interval[0] <= true <= interval[1]
    assert 0.91 <= held / 400 <= 1


def test_a_perfect_order_has_an_interval_with_a_width() -> None:
    interval = tau_interval(1.0, 6)
    assert interval is not None and 0.3 < interval[0] < 0.9 < interval[1] < 1

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from nas_core.ranks import rank_correlation, ranks


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

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from nas_search.predictors.scale import Scale
from nas_search.predictors.warp import by_rank_and_value


def test_what_was_warped_comes_back() -> None:
    values = np.random.default_rng(0).random(40) ** 3
    warped = by_rank_and_value(values)
    assert_allclose(Scale(values, warped).back(warped), values)


def test_beyond_the_best_it_goes_on_rising_and_beyond_the_worst_falling() -> None:
    values = np.array([0.1, 0.5, 0.6, 0.7, 0.9])
    scale = Scale(values, np.array([-2.0, -0.5, 0.0, 0.5, 1.0]))
    low, high = scale.back(np.array([-3.0, 2.0]))
    assert_allclose([low, high], [0.1 - 0.25, 0.9 + 0.3])


def test_equal_values_have_no_slope() -> None:
    assert_allclose(Scale(np.full(3, 0.5), np.zeros(3)).back(np.array([-1.0, 0.0, 1.0])), 0.5)

from __future__ import annotations

import numpy as np

from nas_model.preprocessing.standardiser import Standardiser


def test_missing_numbers_become_the_mean() -> None:
    made = Standardiser(np.array([1.0, 10.0]), np.array([2.0, 0.5]))(np.array([[3.0, np.nan], [np.nan, 11.0]]))
    assert made.dtype == np.float32 and made.tolist() == [[1, 0], [0, 2]]


def test_more_rows_than_are_scaled_at_a_time() -> None:
    values = np.arange(70_000.0)[:, None]
    made = Standardiser(np.array([5.0]), np.array([2.0]))(values)
    np.testing.assert_allclose(made, (values - 5) / 2, rtol=1e-6)

from __future__ import annotations

import numpy as np
import pytest

from nas_model.preprocessing.standardiser import Standardiser
from nas_trial.data.scaling import Moments


def fitted(*pieces: np.ndarray) -> Standardiser:
    moments = Moments.none(pieces[0].shape[1])
    for piece in pieces:
        moments.add(piece)
    return moments.standardiser()


def test_missing_and_constant_numbers_are_no_harm() -> None:
    scale = fitted(np.array([[1, 7, np.nan], [3, 7, np.nan], [np.nan, 7, np.nan]]))
    found = scale(np.array([[1, 7, 5.0], [np.nan, 8, np.nan]]))
    assert found.dtype == np.float32 and found.tolist() == [[-1, 0, 5], [0, 1, 0]]


def test_large_numbers_keep_their_differences() -> None:
    seconds = 1.7e9 + np.arange(5.0)[:, None]
    assert fitted(seconds[:2], seconds[2:])(seconds)[:, 0] == pytest.approx((np.arange(5) - 2) / np.sqrt(2))


def test_pieces_tell_what_the_whole_tells() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal([5, -3e6, 0], [1, 1e-2, 1e9], (999, 3))
    values[rng.random(values.shape) < 0.3] = np.nan
    whole, pieces = fitted(values), fitted(values[:1], values[1:1], values[1:700], values[700:])
    for scale in (whole, pieces):
        np.testing.assert_allclose(scale.mean, np.nanmean(values, 0), rtol=1e-9)
        np.testing.assert_allclose(scale.deviation, np.nanstd(values, 0), rtol=1e-7)


def test_columns_of_a_single_value() -> None:
    moments = Moments.none(3)
    moments.add(np.array([[1, np.nan, 1], [1, np.nan, np.nan]]))
    moments.add(np.array([[1, np.nan, 2]]))
    assert moments.single.tolist() == [True, True, False]

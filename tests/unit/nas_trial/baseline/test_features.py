from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_trial.baseline.features import CATEGORIES, WORDS, make_features


def test_every_input_becomes_bounded_numbers() -> None:
    rng = np.random.default_rng(0)
    rows: dict[str, NDArray[Any]] = {
        "image": rng.integers(0, 256, (9, 3, 40, 28)).astype(np.uint8),
        "text": rng.integers(0, 5000, (9, 400)).astype(np.int32),
        "audio": rng.standard_normal((9, 4000)).astype(np.float32),
        "series": rng.standard_normal((9, 2, 1000)).astype(np.float32),
        "numeric": rng.standard_normal((9, 4)).astype(np.float32),
        "categorical": rng.integers(0, 90, (9, 2)).astype(np.int32),
    }
    x = make_features(rows)(rows)
    assert len(x) == 9 and np.isfinite(x).all() and x.dtype == np.float32
    assert x.shape[1] <= 3 * 16 * 16 + WORDS + 64 + 2 * 2 * 16 + 4 + 2 * CATEGORIES
    # A split of one example, and a category that was not there before.
    one = {name: values[:1] for name, values in rows.items()} | {"categorical": np.array([[99, 99]], np.int32)}
    assert make_features(rows)(one).shape == (1, x.shape[1])


def test_an_image_larger_than_the_grid_is_averaged_and_a_small_one_left() -> None:
    large = np.repeat(np.repeat(np.arange(256).reshape(1, 1, 16, 16), 2, 2), 2, 3).astype(np.uint8)
    assert make_features({"image": large})({"image": large})[0].tolist() == list(range(256))
    small = np.arange(64).reshape(1, 1, 8, 8)
    assert make_features({"image": small})({"image": small})[0].tolist() == list(range(64))


def test_words_that_are_rare_weigh_more_and_padding_and_unknown_words_nothing() -> None:
    train = np.array([[2, 3, 0], [2, 4, 1], [2, 2, 0]], np.int32)
    made = make_features({"text": train})({"text": train})
    common, rare = made[0, 0], made[0, 1:].max()
    assert rare > common > 0 and made.shape == (3, 3)
    assert not make_features({"text": train})({"text": np.array([[0, 1, 77]], np.int32)}).any()


def test_a_table_without_categories_has_none() -> None:
    rows = {"numeric": np.ones((3, 2), np.float32), "categorical": np.zeros((3, 0), np.int32)}
    assert make_features(rows)(rows).shape == (3, 2)

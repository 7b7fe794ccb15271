from __future__ import annotations

import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris

from nas_trial.data.giveaway import numbers_tell_classes, numbers_tell_numbers


def test_an_index_of_sorted_rows_tells_the_class() -> None:
    classes = np.repeat([1, 0, 2], 40)
    assert numbers_tell_classes(np.arange(120.0), classes)
    assert numbers_tell_classes(np.where(np.arange(120) % 7, np.arange(120.0), np.nan), classes)
    assert not numbers_tell_classes(np.arange(120.0) // 3, classes), "one value has two classes"
    assert not numbers_tell_classes(np.arange(120.0), np.roll(classes, 1)), "a class has two ranges"
    assert not numbers_tell_classes(np.arange(30.0), np.repeat([0, 1], 15)), "too few to tell"
    assert not numbers_tell_classes(np.arange(120.0), np.arange(120) // 119), "one row is last by chance"
    assert numbers_tell_classes(np.arange(120.0), np.r_[np.repeat([0, 1], 59), 0, 2]) is False
    assert numbers_tell_classes(np.arange(120.0), np.r_[np.repeat([0, 1], 59), 1, 2]), "the others tell"


def test_no_column_of_real_data_tells_the_class() -> None:
    for x, y in (load_iris(return_X_y=True), load_breast_cancer(return_X_y=True)):
        assert not any(numbers_tell_classes(column, y) for column in x.T)


def test_the_target_in_another_unit() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(0, 1, 300)
    assert numbers_tell_numbers(-2.54 * target + 1e6, target)
    assert not numbers_tell_numbers(target + rng.normal(0, 0.1, 300), target)
    assert not numbers_tell_numbers(np.ones(300), target)

from __future__ import annotations

import numpy as np
import pytest

from nas_core.data_arrays import is_one_hot, may_be_turned


@pytest.mark.parametrize("kind", ["?", "u1", "i8", "f4"])
def test_one_hot_labels_are_told_from_several_labels_and_from_others(kind: str) -> None:
    one_hot = np.eye(3)[[2, 0, 1, 2]]
    assert is_one_hot(one_hot.astype(kind))
    assert not is_one_hot((one_hot * 0).astype(kind))
    assert not is_one_hot(np.ones((4, 3)).astype(kind))


def test_other_labels_are_not_one_hot() -> None:
    assert not is_one_hot(np.array([[0.5, 0.5], [1, 0]]))
    assert not is_one_hot(np.array([["1", "0"]]))
    assert not is_one_hot(np.zeros((4, 0)))


def test_series_with_more_channels_than_steps_may_lie_the_other_way_round() -> None:
    assert may_be_turned((40, 50, 3))
    assert not may_be_turned((40, 3, 50)) and not may_be_turned((40, 3, 3)) and not may_be_turned((40, 3))

from __future__ import annotations

import numpy as np

from nas_model.preprocessing.category_codes import CategoryCodes


def test_categories_that_training_did_not_have_are_0() -> None:
    codes = CategoryCodes.of([np.array([True, True, False]), np.array([True])], (("b", "a", "never"), ("x",)))
    assert codes.categories == (("a", "b"), ("x",))
    others = np.array([[0, 1], [1, -1], [2, 0]], np.int32)
    assert codes(others, (("a", "b", "c"), ("y", "x"))).tolist() == [[1, 1], [2, 0], [0, 0]]

from __future__ import annotations

from pathlib import Path

import numpy as np
from benchmarks.few_shot.__main__ import interval, ways


def test_an_interval_is_around_the_mean() -> None:
    assert interval(np.full(5, 2.0)) == (2.0, 2.0, 2.0)
    mean, low, high = interval(np.array([1.0, 2.0, 3.0, 6.0]))
    assert mean == 3.0 and 1.0 <= low < mean < high <= 6.0


def test_all_are_compared_with_random_weights() -> None:
    (first, evaluation), *others = ways(Path("/model"))
    assert first == "random weights" and "initFrom" not in evaluation
    assert [of["initFrom"] for _, of in others if "initFrom" in of] == [
        {"path": "/model/"},
        {"path": "/model/", "freeze": True},
    ]

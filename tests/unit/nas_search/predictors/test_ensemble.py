from __future__ import annotations

import numpy as np
import pytest

from nas_search.predictors.ensemble import Ensemble
from nas_search.ranking import Floats


class Says:
    """A predictor that says the same of everything."""

    def __init__(self, mean: float, deviation: float) -> None:
        self._said = mean, deviation

    def fit(self, rows: Floats, values: Floats) -> Says:
        return self

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        mean, deviation = self._said
        return np.full(len(rows), mean), np.full(len(rows), deviation)


def test_where_members_differ_it_is_less_sure() -> None:
    mean, deviation = (
        Ensemble((Says(1, 0.3), Says(3, 0.4))).fit(np.zeros((2, 1)), np.zeros(2)).predict(np.zeros((4, 1)))
    )
    assert mean == pytest.approx(np.full(4, 2.0))
    assert deviation == pytest.approx(np.full(4, np.sqrt(1 + 0.125)))

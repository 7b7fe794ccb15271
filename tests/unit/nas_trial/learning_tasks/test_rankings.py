from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from nas_trial.learning_tasks.rankings import areas


@given(st.lists(st.tuples(st.sampled_from([-1.0, -0.5, 0.0, 0.1, 2.0, 1e300]), st.booleans()), min_size=2))
def test_areas_with_ties_are_those_of_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    scores, positive = np.array([score for score, _ in rows]), np.array([member for _, member in rows])
    if 0 < positive.sum() < len(positive):
        precision, area = areas(scores, positive)
        assert precision == pytest.approx(average_precision_score(positive, scores), abs=1e-9)
        assert area == pytest.approx(roc_auc_score(positive, scores), abs=1e-9)

from __future__ import annotations

from typing import get_args

from nas_core.api.predictor import PredictorName
from nas_dev.paths import REPOSITORY
from nas_search.predictors.kinds import PREDICTORS


def test_every_predictor_has_a_row_and_a_line_for_users() -> None:
    assert tuple(PREDICTORS) == get_args(PredictorName)
    text = (REPOSITORY / "docs" / "surrogates.md").read_text()
    assert all(f"| `{name}` |" in text for name in PREDICTORS)

from __future__ import annotations

import pytest

from nas_core.api.evaluation import Evaluation
from nas_core.api.strategy import StrategySpec
from nas_search.judged import judged_of

PREDICTOR = {"prefilter": {"predictor": {"model": "ensemble", "after": 30}}}


@pytest.mark.parametrize(
    ("strategy", "evaluation", "expected"),
    [
        ("random", {}, None),
        ("random", PREDICTOR, ("ensemble", 30, "goes on without it")),
        ("bayesian", {}, ("gaussianProcess", 20, "drawn at random")),
        ("bayesian", PREDICTOR, ("ensemble", 30, "goes on without it")),
    ],
)
def test_the_predictor_behind_a_strategy_is_judged_or_the_one_of_bayesian(
    strategy: str, evaluation: dict[str, object], expected: tuple[str, int, str] | None
) -> None:
    found = judged_of(StrategySpec.model_validate({strategy: {}}), Evaluation.model_validate(evaluation))
    assert (found is None) == (expected is None)
    if found and expected:
        assert (found.model, found.after) == expected[:2]
        assert expected[2] in found.otherwise

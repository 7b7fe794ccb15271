from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from nas_core.api.search import NASSearchSpec
from nas_core.crd.explain import explain


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"evaluation": {"optimizer": {"learningRate": 0.01}}},
            "spec.evaluation.optimizer.learningRate: a number with a fraction is written in quotes: '0.01'",
        ),
        (
            {"constraints": [{"metric": "latency_ms", "max": 0.5}]},
            "spec.constraints.0.max: a number with a fraction is written in quotes: '0.5'",
        ),
        (
            {"budget": {"maxDuration": "5w"}},
            "spec.budget.maxDuration: must be a duration longer than 0 in days, hours, minutes and seconds, such as "
            '2d, 1h30m, 45m or 90s, not "5w"',
        ),
        (
            {"objectives": [{"metric": "val.accuracy"}]},
            "spec.objectives.0.metric: must be a metric's name: letters, digits and '_', not beginning with a digit, "
            'such as val_accuracy, not "val.accuracy"',
        ),
        ({"objectives": []}, "spec.objectives: give at least 1, not 0, or leave the field out"),
        ({"retrain": {}}, "spec.retrain.epochs: Field required"),
    ],
)
def test_a_fault_names_field_value_and_remedy(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        NASSearchSpec.model_validate({"task": {"dataset": {"name": "digits"}}} | spec)
    assert [explain(fault) for fault in invalid.value.errors()] == [message]

from __future__ import annotations

import math
import pickle

import pytest

from nas_core.contract import TrialResult
from nas_trial.process.messages import Json


def test_a_value_comes_back_as_it_was() -> None:
    form: Json[tuple[dict[str, float], bool]] = Json(tuple[dict[str, float], bool])
    metrics, contended = form.read(form.write(({"a": 0.1 + 0.2, "b": math.inf, "c": math.nan}, True)))
    assert (metrics["a"], metrics["b"], contended) == (0.1 + 0.2, math.inf, True) and math.isnan(metrics["c"])


def test_models_and_none_too() -> None:
    form: Json[TrialResult | None] = Json(TrialResult | None)
    result = TrialResult.model_validate({"outcome": "Succeeded", "metrics": {"val_accuracy": 1 / 3}, "attempt": 2})
    assert form.read(form.write(result)) == result
    assert form.read(form.write(None)) is None


@pytest.mark.parametrize("content", [pickle.dumps({"a": 1.0}), b"[1]", b"{", b""])
def test_anything_else_is_an_error(content: bytes) -> None:
    form: Json[dict[str, float]] = Json(dict[str, float])
    with pytest.raises(ValueError):
        form.read(content)

"""A bundle of a model that was trained on a GPU: there it predicts what the trial reported, on a CPU nearly that."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.bundles import CASES, reported, retrained

import nas_model

CLOSE = {"cuda": 0.01, "cpu": 0.03}
"""How far from the reported log loss, as a share: batches of other sizes round otherwise, narrow arithmetic more."""


@pytest.mark.parametrize("name", ["image", "table"])
def test_it_predicts_what_the_trial_reported(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    result, folder = retrained(case, tmp_path)
    given, truth = case.ask(tmp_path / "data")
    precision = nas_model.load(folder).manifest.precision
    assert precision != "float32"
    for device, arithmetic in (("cuda", precision), ("cpu", "float32")):
        model = nas_model.load(folder, device=device, precision=arithmetic)
        found = reported(model.predict(given), truth)
        assert found["log_loss"] == pytest.approx(result.metrics["test_log_loss"], rel=CLOSE[device])
        assert found["accuracy"] == pytest.approx(result.metrics["test_accuracy"], abs=1 / len(truth))

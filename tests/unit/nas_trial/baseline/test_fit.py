from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_core.api.task import Task
from nas_core.api.trial import Baseline
from nas_trial.baseline import fit
from nas_trial.data import source
from nas_trial.data.prepared.make import Maker
from nas_trial.errors import Stopped
from nas_trial.process.stop import StopFlag


def fitted(folder: Path, alive: Any = lambda *_: None, **task: Any) -> dict[str, Baseline]:
    made = Maker(Task.model_validate(task), 0, folder, alive).make(
        source.read(Task.model_validate(task), None, StopFlag())
    )
    held, prepared = made.held_out(), made.prepared
    classes = len(prepared.preprocessing.classes) or None
    found = fit.fit_baseline(prepared.train, prepared.val, held.shards if held else None, classes, alive)
    return {each.name: each for each in found}


def test_what_simple_models_reach_on_a_table(tmp_path: Path) -> None:
    dataset = {"name": "breast-cancer", "testFraction": "0.2"}
    found = fitted(tmp_path, type="tabular-classification", dataset=dataset)
    assert list(found) == ["majority", "linear", "gradient-boosting"]
    assert 0.55 < found["majority"].metrics["val_accuracy"] < 0.7
    assert found["majority"].metrics["val_balanced_accuracy"] == 0.5
    for name in ("linear", "gradient-boosting"):
        assert found[name].metrics["val_accuracy"] > 0.9 and found[name].metrics["test_accuracy"] > 0.9
        assert 0 < found[name].errors["val_accuracy"] < 0.05


def test_what_they_reach_on_a_regression(tmp_path: Path) -> None:
    found = fitted(tmp_path, type="regression", dataset={"name": "diabetes"})
    assert list(found) == ["mean", "linear", "gradient-boosting"]
    assert found["mean"].metrics["val_r2"] == pytest.approx(0, abs=0.1)
    assert 0.3 < found["linear"].metrics["val_r2"] < 0.7


def test_many_examples_are_sampled_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "MOST_EXAMPLES", 100)
    found = fitted(tmp_path, type="image-classification", dataset={"name": "digits"})
    assert found["linear"].examples == 100 and found["linear"].metrics["val_accuracy"] > 0.7


def test_it_takes_no_more_than_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "SECONDS", 0.0)
    assert fitted(tmp_path, type="regression", dataset={"name": "diabetes"}) == {}


def test_large_data_get_less_of_each_model() -> None:
    assert fit._iterations(500 * 30 * 2) == fit.ITERATIONS
    assert fit._iterations(fit.MOST_EXAMPLES * 1000 * fit.MOST_CLASSES) == fit.FEWEST_ITERATIONS
    assert fit._rounds(2) == fit.ROUNDS and fit._rounds(fit.BOOSTED_CLASSES) * fit.BOOSTED_CLASSES <= 2 * fit.TREES


def test_a_model_that_cannot_be_fitted_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no solution")

    monkeypatch.setattr(fit, "_ridge", broken)
    assert list(fitted(tmp_path, type="regression", dataset={"name": "diabetes"})) == ["mean", "gradient-boosting"]


def test_it_stops_when_asked(tmp_path: Path) -> None:
    def alive(what: str, rows: int) -> None:
        if "baseline" in what:
            raise Stopped

    with pytest.raises(Stopped):
        fitted(tmp_path, alive, type="regression", dataset={"name": "diabetes"})


def test_classes_that_a_sample_lacks_have_a_probability_of_zero() -> None:
    class Model:
        classes_ = np.array([0, 2])

        def predict_proba(self, x: Any) -> Any:
            return np.full((len(x), 2), 0.5)

    assert fit._of_all_classes(Model(), 3)(np.zeros((1, 1), np.float32)).tolist() == [[0.5, 0.0, 0.5]]

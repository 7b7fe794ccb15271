"""Numbers that describe data: bounded, the same for the same data, and near for data that are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_core.api.task import Task
from nas_plan.knowledge.features import distance
from nas_trial.baseline import describe as module
from nas_trial.baseline.describe import describe
from nas_trial.data import source
from nas_trial.data.prepared.make import Maker
from nas_trial.process.stop import StopFlag


def described(folder: Path, seed: int = 0, **task: Any) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    read = source.read(Task.model_validate(task), None, StopFlag())
    prepared = Maker(Task.model_validate(task), seed, folder, lambda *_: None).make(read).prepared
    return describe(prepared.train, prepared.val, len(prepared.preprocessing.classes) or None)


DIGITS: dict[str, Any] = {"type": "image-classification", "dataset": {"name": "digits"}}
CANCER: dict[str, Any] = {"type": "tabular-classification", "dataset": {"name": "breast-cancer"}}


def test_images_of_ten_classes(tmp_path: Path) -> None:
    found = described(tmp_path, **DIGITS)
    assert found.keys() == {
        "skewness", "kurtosis", "dimensions", "one neighbour", "nearest centroid", "class entropy"
    }  # fmt: skip
    assert found["class entropy"] > 0.99 and found["one neighbour"] > 0.9 > found["nearest centroid"] > 0.7
    assert all(0 <= value <= 1 for value in found.values())


def test_a_regression_has_no_classes(tmp_path: Path) -> None:
    found = described(tmp_path, type="regression", dataset={"name": "diabetes"})
    assert found.keys() == {"skewness", "kurtosis", "dimensions", "one neighbour"}


def test_the_same_data_divided_otherwise_are_nearer_than_others(tmp_path: Path) -> None:
    first, again, other = (
        described(tmp_path / str(place), seed, **task)
        for place, (seed, task) in enumerate(((0, DIGITS), (1, DIGITS), (0, CANCER)))
    )
    assert described(tmp_path / "4", 0, **DIGITS) == first
    near, far = distance(first, again), distance(first, other)
    assert near is not None and far is not None and near < 0.05 < far


def test_data_that_cannot_be_described_are_prepared_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise ValueError("odd")

    monkeypatch.setattr(module, "make_features", fails)
    assert described(tmp_path, **CANCER) == {}


def test_points_that_are_all_alike_have_no_form() -> None:
    same = np.ones((5, 3))
    x, other = module._standardised(same, same)
    assert x.shape == other.shape == (5, 0)

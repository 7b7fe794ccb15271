from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nas_model.preprocessing.values import Values
from nas_trial.data.tables import leaks
from nas_trial.data.tables.profile import Profile

N = 200
RANDOM = np.random.default_rng(0)
CLASSES = RANDOM.integers(0, 2, N).astype(np.int32)


def profile(values: list[Any], classes: np.ndarray = CLASSES) -> Profile:
    found = Profile()
    found.add(Values(pa.array(values)), 0, 0, classes)
    return found


def warnings(values: list[Any], classes: np.ndarray = CLASSES) -> list[str]:
    return leaks.warnings({"x": profile(values, classes)}, ["x"], classes)


@pytest.mark.parametrize(
    "values",
    [
        [("no", "yes")[k] for k in CLASSES],
        [int(7 * k) for k in CLASSES],
        [("early", "late", "never")[k + (k and i % 2)] for i, k in enumerate(CLASSES)],
        [("no", "yes")[1 - k if i == 5 else k] for i, k in enumerate(CLASSES)],
    ],
    ids=["one to one", "numbers", "several values a class", "nearly"],
)
def test_a_column_that_tells_the_class_is_told(values: list[Any]) -> None:
    (warning,) = warnings(values)
    assert warning.startswith("column 'x' alone gives the target away: each of its values comes with one class; if it")


@pytest.mark.parametrize(
    "values",
    [
        [("no", "yes")[1 - k if i % 10 == 0 else k] for i, k in enumerate(CLASSES)],
        ["same"] * N,
        [f"v{i // 2}" for i in range(N)],
        RANDOM.normal(size=N).tolist(),
    ],
    ids=["nine in ten", "one value", "a value a few rows", "noise"],
)
def test_a_useful_column_is_none(values: list[Any]) -> None:
    assert warnings(values) == []


def test_a_rare_class_must_be_told_too() -> None:
    rare = np.array([1] * 2 + [0] * (N - 2), np.int32)
    assert leaks.warnings({"x": profile(["a"] * (N - 1) + ["b"], rare)}, ["x"], rare) == []


def test_what_grows_with_rows_that_are_sorted_by_class_is_told() -> None:
    growing = np.cumsum(RANDOM.random(N)).tolist()
    (warning,) = warnings(growing, np.sort(CLASSES))
    assert "it grows with the rows, sorted by class" in warning
    assert warnings(growing) == []
    assert warnings(RANDOM.normal(size=N).tolist(), np.sort(CLASSES)) == []

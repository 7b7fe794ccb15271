"""Numbers that describe data: bounded, and alike for data that are alike."""

from __future__ import annotations

import pytest

from nas_core.api.trial import Baseline, DatasetSummary
from nas_core.records.knowledge import MOST_FEATURES
from nas_plan.knowledge.features import distance, features_of

DIGITS = DatasetSummary(
    hash="sha256:1",
    training=1000,
    validation=300,
    classes=10,
    largest_class=0.1,
    inputs={"image": "1x8x8"},
    baseline=[Baseline(name="linear", metrics={"val_accuracy": 0.9, "val_loss": 3.0}, examples=1000)],
)


def test_each_is_from_0_to_1_by_itself() -> None:
    found = features_of(DIGITS)
    assert found == {
        "examples": 0.375,
        "classes": 0.25,
        "imbalance": 0.0,
        "has image": 1.0,
        "size": 0.258,
        "image channels": 0.0,
        "linear": 0.9,
    }
    odd = DIGITS.model_copy(
        update={
            "training": 0,
            "largest_class": 1.0,
            "inputs": {f"input {place}": "10x" * 20 + "999999999" for place in range(16)}
            | {"image": "", "series": "x"},
            "baseline": [Baseline(name="linear", metrics={"val_r2": -9.0}, examples=0)],
        }
    )
    assert all(0 <= value <= 1 for value in features_of(odd).values()) and len(features_of(odd)) <= MOST_FEATURES


def test_tables_and_regressions_have_numbers_of_their_own() -> None:
    table = DatasetSummary(
        hash="sha256:2",
        training=500,
        validation=100,
        inputs={"numeric": "6", "categorical": "2"},
        baseline=[Baseline(name="gradient-boosting", metrics={"val_rmse": 4.0, "val_r2": 0.5}, examples=500)],
    )
    found = features_of(table)
    assert found["numeric share"] == 0.75 and found["gradient-boosting"] == 0.5 and "classes" not in found
    assert features_of(None) == {}


def test_what_the_trial_has_measured_is_among_them() -> None:
    measured = DIGITS.model_copy(update={"features": {"one neighbour": 0.97}})
    assert features_of(measured) == features_of(DIGITS) | {"one neighbour": 0.97}


def test_alike_data_are_near_and_what_is_hardly_described_is_far() -> None:
    larger = DIGITS.model_copy(update={"training": 2000})
    other = DIGITS.model_copy(update={"classes": 100, "largest_class": 0.5, "inputs": {"image": "3x224x224"}})
    same, near, far = (distance(features_of(DIGITS), features_of(one)) for one in (DIGITS, larger, other))
    assert same == 0 and near is not None and far is not None and 0 < near < far < 1
    assert distance({"examples": 0.375}, features_of(DIGITS)) == pytest.approx(6 / 7)
    assert distance({}, features_of(DIGITS)) is None
    one, another = features_of(DIGITS), features_of(other)
    assert distance(one, another) == distance(another, one)

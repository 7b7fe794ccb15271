from __future__ import annotations

from typing import Any

import pytest

from nas_core.api.benchmark import MetricColumn
from nas_core.states import Work
from nas_trial.errors import CandidateRejected
from nas_trial.lookup.tabulated_curve import curve_of_row, judged


def columns(*given: dict[str, Any]) -> list[MetricColumn]:
    return [MetricColumn.model_validate(each) for each in given]


SHORT_AND_LONG = columns(
    {"name": "val_accuracy", "column": "v12", "scale": "0.01", "epochs": 12},
    {"name": "val_accuracy", "column": "v200", "scale": "0.01", "epochs": 200},
    {"name": "parameters", "column": "params"},
)
ROW = {"v12": 63.364, "v200": 91.6, "params": 5.0, "s": 1000.0}


def test_a_point_for_each_training_up_to_the_epochs() -> None:
    short, long = curve_of_row(ROW, SHORT_AND_LONG, "s", 200)
    assert (short.epoch, short.seconds, short.metrics) == (12, 60.0, {"val_accuracy": 0.63364, "parameters": 5.0})
    assert (long.epoch, long.seconds, long.metrics) == (200, 1000.0, {"val_accuracy": 0.916, "parameters": 5.0})


def test_fewer_epochs_end_with_what_is_known_of_them() -> None:
    *_, last = curve_of_row(ROW, SHORT_AND_LONG, "s", 50)
    assert (last.epoch, last.seconds, last.metrics["val_accuracy"]) == (50, 250.0, 0.63364)


def test_too_few_epochs() -> None:
    with pytest.raises(CandidateRejected, match=r"evaluation\.epochs is 10, but .* has val_accuracy from 12 epochs on"):
        curve_of_row(ROW, SHORT_AND_LONG, "s", 10)


def test_columns_without_epochs_hold_at_any() -> None:
    [point] = curve_of_row(ROW, columns({"name": "val_accuracy", "column": "v200"}), "s", 3)
    assert (point.epoch, point.seconds, point.metrics) == (3, 1000.0, {"val_accuracy": 91.6})


def test_a_search_never_sees_the_test_split_and_retraining_is_judged_by_it() -> None:
    given = columns(*({"name": n, "column": n} for n in ("val_accuracy", "val_loss", "test_accuracy", "flops")))
    assert [c.name for c in judged(given, Work.TRAIN)] == ["val_accuracy", "val_loss", "flops"]
    assert [c.name for c in judged(given, Work.RETRAIN)] == ["val_loss", "test_accuracy", "flops"]

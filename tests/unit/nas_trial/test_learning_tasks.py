from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from nas_trial.learning_tasks import Classification, Regression, calibration_error
from nas_trial.measuring.metric_names import KNOWN

DOCS = Path(__file__).parents[3] / "docs"


def test_the_documents_name_every_metric() -> None:
    """And so does each task, for those who look for where a metric is named."""
    classification = Classification().metrics(RARE, IS_RARE)
    regression = Regression(0, 1).metrics(torch.zeros(3, 1), torch.tensor([0.0, 1.0, 2.0]))
    assert tuple(classification) == Classification.metric_names
    assert tuple(regression) == Regression.metric_names
    data, measurements = ((DOCS / name).read_text() for name in ("data.md", "measurements.md"))
    assert [name for name in (*classification, *regression) if f"`{name}`" not in data] == []
    assert [name for name in KNOWN if f"`{name}`" not in measurements] == []


def logits(probabilities: list[list[float]]) -> torch.Tensor:
    return torch.tensor(probabilities).log()


RARE = logits([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.7, 0.3], [0.2, 0.8]])
IS_RARE = torch.tensor([0, 0, 0, 0, 1, 1])


def test_two_classes_are_judged_by_the_last_one() -> None:
    found = Classification().metrics(RARE, IS_RARE)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found["f1"] == pytest.approx(0.5)
    assert found["roc_auc"] == pytest.approx(6 / 8)
    assert found["average_precision"] == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 4)
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.6, 0.3, 0.3, 0.8]).mean(), rel=1e-5)
    assert found["loss"] == pytest.approx(found["log_loss"], rel=1e-5)


def test_several_classes_are_judged_one_against_the_others() -> None:
    outputs = torch.eye(3)[[0, 1, 2, 2, 1]] * 5
    found = Classification().metrics(outputs, torch.tensor([0, 1, 2, 2, 2]))
    assert found["accuracy"] == pytest.approx(0.8)
    assert found["balanced_accuracy"] == pytest.approx((1 + 1 + 2 / 3) / 3)
    assert found["f1"] == pytest.approx((1 + 2 / 3 + 0.8) / 3)
    assert found["roc_auc"] == pytest.approx((1 + 7 / 8 + 5 / 6) / 3)


def test_metrics_without_a_meaning_are_left_out() -> None:
    one_class = Classification().metrics(RARE[:3], IS_RARE[:3])
    assert "roc_auc" not in one_class and "average_precision" not in one_class
    assert one_class["accuracy"] == 1
    without_the_last = Classification().metrics(torch.eye(3)[[0, 1, 1]], torch.tensor([0, 1, 0]))
    assert all(math.isfinite(value) for value in without_the_last.values())
    assert without_the_last["balanced_accuracy"] == pytest.approx(0.75)


def test_a_loss_that_is_no_number_is_all_that_is_told() -> None:
    assert list(Classification().metrics(torch.full((2, 2), math.nan), torch.tensor([0, 1]))) == ["loss"]
    assert list(Regression(0, 1).metrics(torch.full((2, 1), math.nan), torch.zeros(2))) == ["loss"]


def test_weights_make_a_rare_class_count() -> None:
    """With balanced weights the gradient of a constant output is zero at equal probabilities, whatever the shares."""
    y = torch.tensor([0] * 9 + [1])
    weights = torch.tensor([10 / (2 * 9), 10 / (2 * 1)])
    outputs = torch.zeros(10, 2, requires_grad=True)
    Classification(weights).loss(outputs, y).backward()
    assert outputs.grad is not None
    assert outputs.grad.sum(0).abs().max().item() == pytest.approx(0, abs=1e-7)
    assert Classification(weights).loss(outputs.bfloat16(), y).item() == pytest.approx(math.log(2), abs=0.01)


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.35, 0.65], [0.45, 0.55]])
    expected = (2 * abs(0.9 - 0.5) + abs(0.65 - 1) + abs(0.55 - 0)) / 4
    assert calibration_error(probabilities, np.array([0, 1, 1, 0])) == pytest.approx(expected)
    assert calibration_error(np.array([[1.0, 0.0]]), np.array([0])) == 0


def test_a_model_of_real_data_is_better_calibrated_than_the_same_made_too_sure() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    model = LogisticRegression(C=0.01).fit(x[::2], y[::2])
    scores = torch.tensor(model.decision_function(x[1::2]))
    outputs = torch.stack([-scores / 2, scores / 2], 1)
    honest, sure = (Classification().metrics(outputs * k, torch.tensor(y[1::2])) for k in (1.0, 30.0))
    assert honest["roc_auc"] == pytest.approx(sure["roc_auc"], abs=1e-6) and honest["roc_auc"] > 0.97
    assert honest["log_loss"] < sure["log_loss"]


def test_a_regression_reports_in_the_unit_of_its_targets() -> None:
    task = Regression(mean=100.0, deviation=10.0)
    y = torch.tensor([90.0, 100.0, 110.0])
    outputs = torch.tensor([[-1.0], [0.2], [0.8]])  # 90, 102, 108
    found = task.metrics(outputs, y)
    assert found["mse"] == pytest.approx(8 / 3, rel=1e-5)
    assert found["rmse"] == pytest.approx(math.sqrt(8 / 3), rel=1e-5)
    assert found["mae"] == pytest.approx(4 / 3, rel=1e-5)
    assert found["r2"] == pytest.approx(1 - 8 / 200, rel=1e-5)
    assert found["loss"] == pytest.approx(8 / 3 / 100, rel=1e-5)
    assert task.correct(outputs, y).item() == pytest.approx(3 - 0.08, rel=1e-5)

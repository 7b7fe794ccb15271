from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error

from nas_trial.learning_tasks import Regression


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


def test_several_outputs_are_judged_as_scikit_learn_does() -> None:
    torch.manual_seed(0)
    mean, deviation = torch.tensor([100.0, -3.0]).double(), torch.tensor([10.0, 0.1]).double()
    outputs = torch.randn(200, 2)
    y = outputs.double() * deviation + mean + torch.randn(200, 2).double() * deviation
    found = Regression(mean, deviation).metrics(outputs, y)
    predictions, expected = (outputs.double() * deviation + mean).numpy(), y.numpy()
    assert found["mse"] == pytest.approx(mean_squared_error(expected, predictions), rel=1e-9)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(expected, predictions), rel=1e-9)
    assert found["mae"] == pytest.approx(mean_absolute_error(expected, predictions), rel=1e-9)
    assert found["r2"] == pytest.approx(r2_score(expected, predictions), rel=1e-9)
    scaled = (expected - mean.numpy()) / deviation.numpy()
    assert found["loss"] == pytest.approx(float(np.square(outputs.numpy() - scaled).mean()), rel=1e-5)


def test_an_output_that_does_not_vary() -> None:
    y = torch.tensor([[1.0, 5.0], [2.0, 5.0]])
    assert Regression(0, 1).metrics(y.clone(), y)["r2"] == 1
    assert Regression(0, 1).metrics(y + torch.tensor([0.0, 1.0]), y)["r2"] == 0.5


def test_large_targets_keep_their_differences() -> None:
    seconds = torch.arange(80, dtype=torch.float64) + 1.7e9
    task = Regression(float(seconds.mean()), 1.0)
    outputs = (torch.arange(80.0) - 39.5)[:, None]
    assert task.loss(outputs, seconds).item() == 0
    assert task.metrics(outputs, seconds)["rmse"] == 0


def test_a_loss_that_is_no_number_is_all_that_is_told() -> None:
    assert list(Regression(0, 1).metrics(torch.full((2, 1), math.nan), torch.zeros(2))) == ["loss"]

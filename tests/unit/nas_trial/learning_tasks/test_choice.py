from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nas_core.api.task import Dataset, Task
from nas_core.metric_names import PREDICTIONS, REPORTED, SAME_FOR_ALL, known
from nas_trial.learning_tasks import Classification, MultiLabel, Regression, learning_task
from nas_trial.measuring.metric_names import AS_WRITTEN, KNOWN

DOCS = Path(__file__).parents[4] / "docs"
CPU = torch.device("cpu")
DATASET = Dataset(path="/data")


def test_the_documents_name_every_metric() -> None:
    """And so does each task, for those who look for where a metric is named."""
    outputs, y = torch.eye(10), torch.arange(10)
    assert tuple(Classification().metrics(outputs, y)) == Classification.metric_names
    assert tuple(MultiLabel().metrics(outputs, outputs)) == MultiLabel.metric_names
    assert tuple(Regression(0, 1).metrics(torch.zeros(3, 1), torch.arange(3.0))) == Regression.metric_names
    names = {*Classification.metric_names, *MultiLabel.metric_names, *Regression.metric_names}
    data, measurements = ((DOCS / name).read_text() for name in ("data.md", "measurements.md"))
    assert [name for name in names if f"`{name}`" not in data] == []
    assert [name for name in KNOWN if f"`{name}`" not in measurements] == []


def test_what_a_search_may_name_is_what_is_reported() -> None:
    classes = (Classification, MultiLabel, Regression)
    assert dict(zip(REPORTED, (task.metric_names for task in classes), strict=True)) == REPORTED
    assert {*KNOWN, *AS_WRITTEN, "train_loss", "train_seconds"} == {*SAME_FOR_ALL}
    assert {task.progress for task in classes} == {"accuracy", "r2"}


def test_it_is_known_of_every_metric_which_way_is_better() -> None:
    reported = {*Classification.metric_names, *MultiLabel.metric_names, *Regression.metric_names}
    assert reported <= PREDICTIONS.keys()
    assert [name for name in KNOWN if known(name) is None] == []


def test_classes_count_the_same_where_that_is_asked_for() -> None:
    task = Task(type="tabular-classification", dataset=DATASET, class_weights="balanced")
    found = learning_task(task, np.array([0, 0, 0, 1]), ["a", "b"], CPU)
    assert isinstance(found, Classification) and found.weights is not None
    assert found.weights.tolist() == pytest.approx([4 / 6, 2])
    plain = learning_task(task.model_copy(update={"class_weights": "none"}), np.array([0, 1]), ["a", "b"], CPU)
    assert isinstance(plain, Classification) and plain.weights is None


def test_several_labels() -> None:
    task = Task(type="tabular-classification", dataset=DATASET, multi_label=True)
    assert isinstance(learning_task(task, np.zeros((4, 3)), ["a", "b", "c"], CPU), MultiLabel)


@pytest.mark.parametrize("y", [np.array([1.0, 1.0, 4.0]), np.array([[1.0, 7.0], [1.0, 7.0], [4.0, 7.0]])])
def test_each_number_is_learned_in_its_own_deviations(y: np.ndarray) -> None:
    found = learning_task(Task(type="regression", dataset=DATASET), y, (), CPU)
    assert isinstance(found, Regression)
    # A target that never changes in the training rows is not divided by 0.
    outputs = torch.tensor([[-(2**-0.5), 0.0], [-(2**-0.5), 0.0], [2**0.5, 0.0]]).double()[:, : y.ndim]
    assert found.loss(outputs, torch.tensor(y)).item() == pytest.approx(0, abs=1e-12)

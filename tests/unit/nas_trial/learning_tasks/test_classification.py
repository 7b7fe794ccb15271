from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    log_loss,
    recall_score,
    roc_auc_score,
    top_k_accuracy_score,
)
from torch.nn import functional

from nas_trial.learning_tasks import Classification


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


def test_weights_make_a_rare_class_count() -> None:
    """With balanced weights the gradient of a constant output is zero at equal probabilities, whatever the shares."""
    y = torch.tensor([0] * 9 + [1])
    weights = torch.tensor([10 / (2 * 9), 10 / (2 * 1)])
    outputs = torch.zeros(10, 2, requires_grad=True)
    Classification(weights).loss(outputs, y).backward()
    assert outputs.grad is not None
    assert outputs.grad.sum(0).abs().max().item() == pytest.approx(0, abs=1e-7)
    assert Classification(weights).loss(outputs.bfloat16(), y).item() == pytest.approx(math.log(2), abs=0.01)


def test_a_model_of_real_data_is_better_calibrated_than_the_same_made_too_sure() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    model = LogisticRegression(C=0.01).fit(x[::2], y[::2])
    scores = torch.tensor(model.decision_function(x[1::2]))
    outputs = torch.stack([-scores / 2, scores / 2], 1)
    honest, sure = (Classification().metrics(outputs * k, torch.tensor(y[1::2])) for k in (1.0, 30.0))
    assert honest["roc_auc"] == pytest.approx(sure["roc_auc"], abs=1e-6) and honest["roc_auc"] > 0.97
    assert honest["log_loss"] < sure["log_loss"]


def test_many_classes_are_judged_as_scikit_learn_does() -> None:
    torch.manual_seed(0)
    outputs, y = torch.randn(3000, 12), torch.randint(11, (3000,))  # no example is of the last class
    outputs[torch.arange(3000), y] += 1
    outputs = (outputs * 4).round() / 4  # ties
    found = Classification().metrics(outputs, y)
    probabilities, classes = outputs.double().softmax(1).numpy(), y.numpy()
    predictions, present = outputs.argmax(1).numpy(), np.arange(11)
    each, scores = classes[:, None] == present, outputs.double().log_softmax(1).numpy()[:, present]
    expected = {
        "accuracy": accuracy_score(classes, predictions),
        "balanced_accuracy": recall_score(classes, predictions, labels=present, average="macro"),
        "f1": f1_score(classes, predictions, labels=present, average="macro"),
        "log_loss": log_loss(classes, probabilities, labels=np.arange(12)),
        "average_precision": average_precision_score(each, scores, average="macro"),
        "roc_auc": roc_auc_score(each, scores, average="macro"),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_two_classes_are_judged_as_scikit_learn_does() -> None:
    torch.manual_seed(1)
    outputs, y = (torch.randn(500, 2) * 3).round(), torch.randint(2, (500,))
    found = Classification().metrics(outputs, y)
    scores = outputs.double().diff(dim=1)[:, 0].numpy()
    assert found["f1"] == pytest.approx(f1_score(y, outputs.argmax(1)), abs=1e-9)
    assert found["average_precision"] == pytest.approx(average_precision_score(y, scores), abs=1e-9)
    assert found["roc_auc"] == pytest.approx(roc_auc_score(y, scores), abs=1e-9)


def test_the_true_class_among_the_first_five() -> None:
    torch.manual_seed(2)
    outputs, y = torch.randn(400, 10), torch.randint(10, (400,))
    found = Classification().metrics(outputs, y)["top_5_accuracy"]
    assert found == pytest.approx(top_k_accuracy_score(y, outputs, k=5, labels=np.arange(10)))
    # Of equal ones the first come first, as in the prediction.
    assert Classification().metrics(torch.zeros(10, 10), torch.arange(10))["top_5_accuracy"] == 0.5
    assert "top_5_accuracy" not in Classification().metrics(outputs[:, :9], y.clamp(max=8))


def test_of_very_many_classes_the_costly_metrics_are_for_those_who_name_them() -> None:
    outputs, y = torch.eye(101), torch.arange(101)
    beats: list[None] = []
    cheap = Classification().metrics(outputs, y, beat=lambda: beats.append(None))
    assert cheap.keys() >= {"accuracy", "top_5_accuracy"} and not cheap.keys() & {"roc_auc", "average_precision"}
    assert beats
    assert Classification().metrics(outputs, y, named=["roc_auc"])["roc_auc"] == 1


def test_a_block_of_examples_or_classes_is_as_good_as_all(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(3)
    outputs, y = torch.randn(100, 12), torch.randint(12, (100,))
    whole = Classification().metrics(outputs, y)
    monkeypatch.setattr("nas_trial.learning_tasks.classification.BLOCK", 250)
    assert Classification().metrics(outputs, y) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_smoothing_is_that_of_cross_entropy(smoothing: float) -> None:
    outputs, targets = torch.randn(32, 5), torch.randint(5, (32,))
    expected = functional.cross_entropy(outputs, targets, label_smoothing=smoothing)
    assert torch.equal(Classification().loss(outputs, targets, smoothing), expected)


def test_smoothing_counts_by_class_weights_as_in_cross_entropy() -> None:
    weights, y = torch.tensor([0.2, 3.0, 1.0]), torch.tensor([0, 1, 1, 2])
    outputs = torch.tensor([[1.0, 0, -1], [0, 2, 1], [1, 1, 0], [0, 0, 3]])
    expected = functional.cross_entropy(outputs, y, weights, label_smoothing=0.3)
    assert Classification(weights).loss(outputs, y, smoothing=0.3) == expected
    unweighted = 0.7 * Classification(weights).loss(outputs, y) - 0.3 * outputs.log_softmax(1).mean()
    assert abs(expected - unweighted) > 0.05

from __future__ import annotations

import math

import pytest
import torch
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, hamming_loss, roc_auc_score
from torch.nn import functional

from nas_trial.learning_tasks import MultiLabel

torch.manual_seed(0)
OUTPUTS = (torch.randn(300, 6) * 2).round() / 2 - 0.25  # with ties, none at the threshold
TARGETS = (torch.rand(300, 6) < 0.3).double()


def test_labels_are_judged_as_scikit_learn_does() -> None:
    found = MultiLabel().metrics(OUTPUTS, TARGETS)
    y, scores, predictions = TARGETS.numpy().astype(int), OUTPUTS.numpy(), (OUTPUTS > 0).numpy()
    expected = {
        "accuracy": 1 - hamming_loss(y, predictions),
        "subset_accuracy": accuracy_score(y, predictions),
        "f1": f1_score(y, predictions, average="macro"),
        "f1_micro": f1_score(y, predictions, average="micro"),
        "average_precision": average_precision_score(y, scores, average="macro"),
        "roc_auc": roc_auc_score(y, scores, average="macro"),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_the_loss_is_binary_cross_entropy_and_smoothing_moves_labels_to_the_middle() -> None:
    expected = functional.binary_cross_entropy_with_logits(OUTPUTS, TARGETS.float())
    assert MultiLabel().loss(OUTPUTS, TARGETS) == expected
    smoothed = functional.binary_cross_entropy_with_logits(OUTPUTS, TARGETS.float() * 0.8 + 0.1)
    assert MultiLabel().loss(OUTPUTS, TARGETS, smoothing=0.2) == pytest.approx(smoothed.item())


def test_progress_is_the_share_of_labels_that_are_right() -> None:
    correct = MultiLabel().correct(OUTPUTS, TARGETS).item() / len(OUTPUTS)
    assert correct == pytest.approx(MultiLabel().metrics(OUTPUTS, TARGETS)["accuracy"])


def test_classes_without_a_curve_do_not_count() -> None:
    never = torch.cat([TARGETS, torch.zeros(300, 1)], 1)
    outputs = torch.cat([OUTPUTS, torch.randn(300, 1)], 1)
    found, before = MultiLabel().metrics(outputs, never), MultiLabel().metrics(OUTPUTS, TARGETS)
    assert found["roc_auc"] == before["roc_auc"]
    assert not MultiLabel().metrics(outputs[:, 6:], never[:, 6:]).keys() & {"roc_auc", "average_precision"}


def test_of_very_many_classes_the_costly_metrics_are_for_those_who_name_them() -> None:
    outputs, targets = torch.randn(4, 101), torch.tensor([[0.0], [1.0], [1.0], [0.0]]).expand(4, 101)
    assert "roc_auc" not in MultiLabel().metrics(outputs, targets)
    assert "roc_auc" in MultiLabel().metrics(outputs, targets, named=["roc_auc"])


def test_a_loss_that_is_no_number_is_all_that_is_told() -> None:
    assert list(MultiLabel().metrics(torch.full((2, 3), math.nan), torch.zeros(2, 3))) == ["loss"]

"""Metrics of a simple model under the names of the trainer's, and their standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLES = 100
"""Bootstrap samples (Efron 1979)."""


def of_classes(probabilities: NDArray[Any], y: NDArray[np.int64]) -> dict[str, float]:
    """Return accuracy, balanced_accuracy, f1, log_loss and, of two classes, roc_auc.

    Args:
        probabilities: (N, classes).
        y: true classes (N).
    """
    from sklearn import metrics

    classes = probabilities.shape[1]
    predicted, present = probabilities.argmax(1), np.unique(y)
    two = classes == 2
    average = {"average": "binary"} if two else {"average": "macro", "labels": present}
    found = {
        "accuracy": metrics.accuracy_score(y, predicted),
        "balanced_accuracy": metrics.recall_score(y, predicted, labels=present, average="macro", zero_division=0),
        "f1": metrics.f1_score(y, predicted, zero_division=0, **average),
        "log_loss": metrics.log_loss(y, probabilities, labels=np.arange(classes)),
    }
    if two and len(present) == 2:
        found["roc_auc"] = metrics.roc_auc_score(y, probabilities[:, 1])
    return {name: float(value) for name, value in found.items()}


def of_numbers(predicted: NDArray[np.float64], y: NDArray[np.float64]) -> dict[str, float]:
    """Return mse, rmse, mae and r2 in the targets' own units: (N, outputs) each, of several outputs the means."""
    mse, variance = np.square(predicted - y).mean(0), y.var(0)  # (outputs,)
    r2 = np.where(variance > 0, 1 - mse / np.where(variance > 0, variance, 1), mse == 0)
    return {
        "mse": float(mse.mean()),
        "rmse": float(np.sqrt(mse).mean()),
        "mae": float(np.abs(predicted - y).mean()),
        "r2": float(r2.mean()),
    }


def standard_errors(predicted: NDArray[Any], y: NDArray[Any], *, classes: bool) -> dict[str, float]:
    """Return the standard error of each metric, over samples of the examples with replacement."""
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(SAMPLES):
        rows = rng.integers(0, len(y), len(y))
        samples.append((of_classes if classes else of_numbers)(predicted[rows], y[rows]))
    names = set.intersection(*(set(sample) for sample in samples))
    return {name: float(np.std([sample[name] for sample in samples])) for name in sorted(names)}

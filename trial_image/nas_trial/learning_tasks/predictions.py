"""Metrics of predicted classes and probabilities, as NumPy arrays: N examples.

Each is equal to scikit-learn's function of that name, but for the calibration error, which it does not have.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CALIBRATION_BINS = 15


def of_classes(predictions: NDArray[np.int64], y: NDArray[np.int64], classes: int) -> dict[str, float]:
    """Return accuracy, balanced_accuracy and f1 of predicted classes (N) and the true ones (N).

    Means over the classes are over those that are there. With two classes f1 is about the last one.
    """
    of_class = np.bincount(y, minlength=classes)  # (classes,)
    predicted = np.bincount(predictions, minlength=classes)  # (classes,)
    right = np.bincount(y[predictions == y], minlength=classes)  # (classes,)
    present = of_class > 0
    f1 = f1_scores(right, predicted, of_class)
    return {
        "accuracy": float(right.sum() / len(y)),
        "balanced_accuracy": float((right[present] / of_class[present]).mean()),
        "f1": float(f1[-1] if classes == 2 else f1[present].mean()),
    }


def f1_scores(right: NDArray[Any], predicted: NDArray[Any], true: NDArray[Any]) -> NDArray[np.float64]:
    """Return the harmonic mean of precision and recall (classes), from counts (classes); 0 where nothing is right."""
    return np.asarray(2 * right / np.maximum(predicted + true, 1))


def log_loss(probabilities: NDArray[np.float64]) -> float:
    """Return the mean negative logarithm of the true classes' probabilities (N), none taken for less than 2e-16."""
    smallest = float(np.finfo(np.float64).eps)
    return float(-np.log(probabilities.clip(smallest, 1 - smallest)).mean())


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = CALIBRATION_BINS) -> float:
    """Return the expected calibration error: how far confidence is from accuracy, on average.

    Examples are put into ``bins`` ranges of their ``confidence`` (N), which is their highest probability; of each range
    counts the difference of its mean confidence and its accuracy. Reference: Guo et al. 2017, arXiv:1706.04599.
    """
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)  # (N,); a confidence of 1 is in the last bin
    differences = np.bincount(bin_of, confidence - right, bins)  # (bins,), each times its number of examples
    return float(np.abs(differences).sum() / len(right))

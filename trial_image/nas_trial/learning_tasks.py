"""What a task asks of a network's outputs: the loss that is trained on, and the metrics that are reported.

A new metric of a network's predictions is computed and named here, and explained in `docs/data.md`; the metrics of its
size and speed are in `nas_trial.measuring`, those of how training goes in `nas_trial.training.engine`. The engine knows
only :class:`LearningTask`; `nas_trial.data` decides which one the data is for. scikit-learn computes the metrics, but
for the calibration error, which it does not have.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

CALIBRATION_BINS = 15


class LearningTask(ABC):
    """A kind of problem."""

    progress: ClassVar[str]
    """Name of what :meth:`correct` sums, as a mean over the examples: ``accuracy``, …"""
    metric_names: ClassVar[tuple[str, ...]]
    """Names of what :meth:`metrics` returns where all of them are defined, in its order."""

    @abstractmethod
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of a batch: outputs (N, outputs) of a network, targets (N). A scalar."""

    @abstractmethod
    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the batch's sum of what shows progress: a scalar, on the device."""

    @abstractmethod
    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the metrics of a whole split, names without prefix: ``loss``, ``accuracy``, …

        Those that are not defined for the split (the area under a curve when all examples are of one class) are left
        out.
        """


class Classification(LearningTask):
    """One of several classes. ``weights`` (classes) say how much an example of each counts in the loss."""

    progress = "accuracy"
    metric_names = (
        *("loss", "accuracy", "balanced_accuracy", "f1"),
        *("calibration_error", "log_loss", "average_precision", "roc_auc"),
    )

    def __init__(self, weights: Tensor | None = None) -> None:
        self.weights = weights

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy, weighted by class if there are weights."""
        weights = None if self.weights is None else self.weights.to(outputs.dtype)
        return functional.cross_entropy(outputs, targets, weights)

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return how many classes are right."""
        return (outputs.argmax(1) == targets).sum()

    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return loss, accuracy, balanced_accuracy, f1, average_precision, roc_auc, calibration_error and log_loss.

        With two classes f1, average_precision and roc_auc are about the last one, which `task.positiveClass` names;
        with more they are means over the classes, each against the others. log_loss ignores class weights.
        """
        loss = float(self.loss(outputs.float(), targets))
        if not math.isfinite(loss):
            return {"loss": loss}  # scikit-learn refuses NaN; the engine ends the training for it
        probabilities = outputs.double().softmax(1).cpu().numpy()  # (N, classes)
        y = targets.cpu().numpy()  # (N,)
        metrics = {"loss": loss, **_of_predictions(probabilities.argmax(1), y, outputs.shape[1])}
        metrics |= {"calibration_error": calibration_error(probabilities, y), "log_loss": _log_loss(probabilities, y)}
        return metrics | _of_rankings(outputs.double().log_softmax(1).cpu().numpy(), y)


class Regression(LearningTask):
    """A number, learned in standard deviations from the mean of the training targets; metrics are in its own unit."""

    progress = "r2"
    metric_names = ("loss", "mse", "rmse", "mae", "r2")

    def __init__(self, mean: float, deviation: float) -> None:
        self.mean, self.deviation = mean, deviation

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean squared error, in squared deviations of the training targets."""
        return functional.mse_loss(outputs[:, 0], self._scaled(targets))

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the sum of 1 - squared error / variance, whose mean is R² on the training examples."""
        return (1 - (outputs[:, 0].float() - self._scaled(targets)).square()).sum()

    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return loss, mse, rmse, mae and r2; loss is without a unit."""
        from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

        loss = float(self.loss(outputs.float(), targets))
        if not math.isfinite(loss):
            return {"loss": loss}
        predictions = outputs[:, 0].double().cpu().numpy() * self.deviation + self.mean  # (N,), in the target's unit
        y = targets.double().cpu().numpy()  # (N,)
        mse, mae = float(mean_squared_error(y, predictions)), float(mean_absolute_error(y, predictions))
        metrics = {"loss": loss, "mse": mse, "rmse": math.sqrt(mse), "mae": mae}
        return metrics | ({"r2": float(r2_score(y, predictions))} if len(y) > 1 else {})

    def _scaled(self, targets: Tensor) -> Tensor:
        return (targets - self.mean) / self.deviation


def calibration_error(probabilities: NDArray[Any], y: NDArray[Any], bins: int = CALIBRATION_BINS) -> float:
    """Return the expected calibration error: how far confidence is from accuracy, on average.

    Examples are put into ``bins`` ranges of their highest probability; of each range counts the difference of its mean
    probability and its accuracy. Probabilities (N, classes), classes (N). Reference: Guo et al. 2017, arXiv:1706.04599.
    """
    confidence = probabilities.max(1)  # (N,)
    right = probabilities.argmax(1) == y  # (N,)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)  # (N,); a confidence of 1 is in the last bin
    differences = np.bincount(bin_of, confidence - right, bins)  # (bins,), each times its number of examples
    return float(np.abs(differences).sum() / len(y))


def _of_predictions(predictions: NDArray[Any], y: NDArray[Any], classes: int) -> dict[str, float]:
    """Return what needs only the predicted classes (N) and the true ones (N)."""
    from sklearn.metrics import accuracy_score, f1_score, recall_score

    present = np.unique(y)
    f1: Any = {"average": "binary"} if classes == 2 else {"average": "macro", "labels": present}
    return {
        "accuracy": float(accuracy_score(y, predictions)),
        # The mean recall of the classes that are there, which is what balanced_accuracy_score warns about otherwise.
        "balanced_accuracy": float(recall_score(y, predictions, labels=present, average="macro", zero_division=0)),
        "f1": float(f1_score(y, predictions, zero_division=0, **f1)),
    }


def _log_loss(probabilities: NDArray[Any], y: NDArray[Any]) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(y, probabilities, labels=np.arange(probabilities.shape[1])))


def _of_rankings(logarithms: NDArray[Any], y: NDArray[Any]) -> dict[str, float]:
    """Return the areas under the curves, from logarithms of probabilities (N, classes) and classes (N).

    Probabilities themselves are all 1 where a network is sure, which would be ties.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    present = np.unique(y)
    if len(present) < 2:
        return {}
    if logarithms.shape[1] == 2:
        scores = logarithms[:, 1] - logarithms[:, 0]
        return {
            "average_precision": float(average_precision_score(y, scores)),
            "roc_auc": float(roc_auc_score(y, scores)),
        }
    each, scores = y[:, None] == present, logarithms[:, present]  # both (N, classes that are there)
    return {
        "average_precision": float(average_precision_score(each, scores, average="macro")),
        "roc_auc": float(roc_auc_score(each, scores, average="macro")),
    }

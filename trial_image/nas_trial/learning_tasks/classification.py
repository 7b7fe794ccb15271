"""One of several classes: cross-entropy, and metrics of the predicted classes, probabilities and rankings."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nas_trial.learning_tasks.base import FEW_CLASSES, LearningTask, no_beat
from nas_trial.learning_tasks.predictions import calibration_error, log_loss, of_classes
from nas_trial.learning_tasks.rankings import mean_areas

BLOCK = 2**21
"""Outputs that are looked at together in 64 bits, about: 16 MiB, whatever the numbers of examples and classes."""
TOP = 5
CLASSES_FOR_TOP = 10
"""With fewer classes, that the true one is among the first five says little."""


class Classification(LearningTask):
    """One of several classes. ``weights`` (classes) say how much an example of each counts in the loss."""

    progress = "accuracy"
    metric_names = (
        *("loss", "accuracy", "balanced_accuracy", "f1", "top_5_accuracy"),
        *("calibration_error", "log_loss", "average_precision", "roc_auc"),
    )

    def __init__(self, weights: Tensor | None = None) -> None:
        self.weights = weights

    def loss(self, outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        """Return the cross-entropy, weighted by class if there are weights: the smoothed part too."""
        weights = None if self.weights is None else self.weights.to(outputs.dtype)
        return functional.cross_entropy(outputs, targets, weights, label_smoothing=smoothing)

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return how many classes are right."""
        return (outputs.argmax(1) == targets).sum()

    def metrics(
        self,
        outputs: Tensor,
        targets: Tensor,
        named: Collection[str] = (),
        beat: Callable[[], None] = no_beat,
    ) -> dict[str, float]:
        """Return loss, accuracy, balanced_accuracy, f1, calibration_error, log_loss, average_precision and roc_auc.

        With two classes f1, average_precision and roc_auc are about the last one, which `task.positiveClass` names;
        with more they are means over the classes, each against the others, and with at least ``CLASSES_FOR_TOP`` there
        is top_5_accuracy. log_loss ignores class weights.
        """
        classes = outputs.shape[1]
        rows = _rows(outputs, targets, beat)
        y = targets.cpu().numpy()  # (N,)
        loss = float(np.average(rows.loss, weights=None if self.weights is None else self.weights.cpu().numpy()[y]))
        if not math.isfinite(loss):
            return {"loss": loss}  # nothing else has a meaning then; the engine ends the training for it
        metrics = {"loss": loss, **of_classes(rows.predictions, y, classes)}
        if classes >= CLASSES_FOR_TOP:
            metrics["top_5_accuracy"] = float((rows.better < TOP).mean())
        metrics |= {
            "calibration_error": calibration_error(rows.confidence, rows.predictions == y),
            "log_loss": log_loss(rows.probability),
        }
        if classes <= FEW_CLASSES or not {"average_precision", "roc_auc"}.isdisjoint(named):
            metrics |= mean_areas(_columns(outputs, targets, rows.logarithm), beat)
        return metrics


@dataclass(frozen=True)
class _Rows:
    """What is known of each example (N)."""

    logarithm: Tensor
    """Of the sum of all exponentials, which makes logarithms of probabilities of logits: float64, on the device."""
    loss: NDArray[np.float64]
    """Cross-entropy without weights."""
    predictions: NDArray[np.int64]
    confidence: NDArray[np.float64]
    """The highest probability."""
    probability: NDArray[np.float64]
    """That of the true class."""
    better: NDArray[np.int64]
    """Classes that come before the true one; of equal ones the first comes first, as in the prediction."""


def _rows(outputs: Tensor, targets: Tensor, beat: Callable[[], None]) -> _Rows:
    """Look at all classes of some examples at a time: outputs (N, classes), targets (N)."""
    found: list[tuple[Tensor, ...]] = []
    size = max(1, BLOCK // outputs.shape[1])
    places = torch.arange(outputs.shape[1], device=outputs.device)  # (classes,)
    for start in range(0, len(outputs), size):
        logits, y = outputs[start : start + size].double(), targets[start : start + size, None]  # (n, classes), (n, 1)
        logarithm = logits.logsumexp(1)  # (n,)
        highest, predictions = logits.max(1)  # (n,) each
        true = logits.gather(1, y)  # (n, 1)
        better = ((logits > true) | ((logits == true) & (places < y))).sum(1)  # (n,)
        loss = logarithm - true[:, 0]  # (n,)
        found.append((logarithm, loss, predictions, (highest - logarithm).exp(), (-loss).exp(), better))
        beat()
    logarithm, *others = (torch.cat(parts) for parts in zip(*found, strict=True))
    return _Rows(logarithm, *(values.cpu().numpy() for values in others))


def _columns(
    outputs: Tensor, targets: Tensor, logarithm: Tensor
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Yield of each class the scores (N) and who is of it (N); of two classes only the last one.

    Scores are logarithms of probabilities. Probabilities themselves are all 1 where a network is sure, which would be
    ties.
    """
    y = targets.cpu().numpy()
    if outputs.shape[1] == 2:
        yield (outputs[:, 1].double() - outputs[:, 0]).cpu().numpy(), y == 1
        return
    size = max(1, BLOCK // len(outputs))
    for start in range(0, outputs.shape[1], size):
        block = outputs[:, start : start + size].double() - logarithm[:, None]  # (N, some classes)
        # Each class in one piece of memory, which is what is sorted.
        for number, scores in enumerate(block.T.contiguous().cpu().numpy(), start):
            yield scores, y == number

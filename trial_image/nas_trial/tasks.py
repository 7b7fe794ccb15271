"""What a task asks of a network's outputs: the loss that is trained on, and the metrics that are reported.

The engine knows only :class:`LearningTask`; `nas_trial.data` decides which one the data is for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import functional


class LearningTask(ABC):
    """A kind of problem."""

    @abstractmethod
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of a batch: outputs (N, outputs) of a network, targets (N). A scalar."""

    @abstractmethod
    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the batch's sum of what shows progress (right answers): a scalar, on the device."""

    @abstractmethod
    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the metrics of a whole split, names without prefix: ``loss``, ``accuracy``, …"""


class Classification(LearningTask):
    """One of several classes."""

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy."""
        return functional.cross_entropy(outputs, targets)

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return how many classes are right."""
        return (outputs.argmax(1) == targets).sum()

    def metrics(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return loss and accuracy (a fraction)."""
        outputs = outputs.float()
        accuracy = (outputs.argmax(1) == targets).double().mean()
        return {"loss": float(self.loss(outputs, targets)), "accuracy": float(torch.as_tensor(accuracy))}

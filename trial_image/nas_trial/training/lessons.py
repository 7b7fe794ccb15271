"""What is computed of some examples while a network learns: outputs and loss, with augmentation and narrow arithmetic.

Shapes: those of `nas_model.signature`; n examples.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nas_model.precision import autocast
from nas_model.signature import Inputs
from nas_trial.data.examples import Batch, Examples
from nas_trial.training.augment import Augmentation, Mixed


@dataclass(frozen=True)
class Lessons:
    """How examples are learned from, the same for all of a training."""

    data: Examples
    augment: Augmentation | None
    smoothing: float
    """Of labels."""
    device: torch.device
    dtype: torch.dtype

    def of(
        self, part: Batch, forward: Callable[[Inputs], Tensor], draw: random.Random
    ) -> tuple[Callable[[], Tensor], Callable[[Tensor], Tensor]]:
        """Return what computes the outputs (n, outputs) of examples, and what their mean loss (a scalar).

        What is random is drawn now, from ``draw`` and torch's own generator: they may be called often.
        """
        if self.augment:
            part = self.augment.before(part)
        x, y = self.data.inputs(part), part.targets  # y: (n,)
        mixed: Mixed | None = None
        if self.augment:
            mixed = self.augment(x["image"], draw)
            x["image"] = mixed.images  # (n, C, H, W)

        def run() -> Tensor:
            with autocast(self.device, self.dtype):
                return forward(x)

        def loss_of(outputs: Tensor) -> Tensor:
            # Here too: narrow arithmetic has no room for a loss.
            with autocast(self.device, self.dtype):
                loss = self.data.task.loss(outputs, y, self.smoothing)
                if mixed and mixed.partner is not None:
                    partners = self.data.task.loss(outputs, y[mixed.partner], self.smoothing)
                    loss = mixed.share * loss + (1 - mixed.share) * partners
            return loss

        return run, loss_of

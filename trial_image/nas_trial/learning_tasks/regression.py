"""One number or several: squared error in standard deviations, and metrics in the targets' own units."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

import torch
from torch import Tensor
from torch.nn import functional

from nas_trial.learning_tasks.base import LearningTask, no_beat


class Regression(LearningTask):
    """Numbers, learned in standard deviations from the mean of the training targets; metrics are in their own units.

    ``mean`` and ``deviation`` are numbers or, with several outputs, tensors (outputs), float64, on the device.
    """

    progress = "r2"
    metric_names = ("loss", "mse", "rmse", "mae", "r2")

    def __init__(self, mean: Tensor | float, deviation: Tensor | float) -> None:
        self.mean, self.deviation = mean, deviation

    def loss(self, outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        """Return the mean squared error over examples and outputs, in squared deviations of the training targets."""
        return functional.mse_loss(outputs.float(), self.scaled(targets))

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the sum of 1 - squared error / variance, whose mean is R² on the training examples."""
        return (1 - (outputs.float() - self.scaled(targets)).square()).mean(1).sum()

    def metrics(
        self,
        outputs: Tensor,
        targets: Tensor,
        named: Collection[str] = (),
        beat: Callable[[], None] = no_beat,
    ) -> dict[str, float]:
        """Return loss, mse, rmse, mae and r2: of several outputs the means over them. loss is without a unit."""
        loss = float(self.loss(outputs, targets))
        if not math.isfinite(loss):
            return {"loss": loss}
        y = targets.double().reshape(len(targets), -1)  # (N, outputs), in the targets' units
        errors = outputs.double() * self.deviation + self.mean - y  # (N, outputs)
        mse = errors.square().mean(0)  # (outputs,)
        metrics = {
            "loss": loss,
            "mse": float(mse.mean()),
            "rmse": float(mse.sqrt().mean()),
            "mae": float(errors.abs().mean()),
        }
        beat()
        return metrics | ({"r2": float(_r2(mse, y.var(0, correction=0)).mean())} if len(y) > 1 else {})

    def scaled(self, targets: Tensor) -> Tensor:
        """Return targets (N) or (N, outputs) as (N, outputs) in deviations from the mean.

        In 64 bits before: 32 hold no differences of seconds in numbers that count them from 1970.
        """
        return ((targets.double().reshape(len(targets), -1) - self.mean) / self.deviation).float()


def _r2(mse: Tensor, variance: Tensor) -> Tensor:
    """Return the share of the variance that is explained (outputs); of what does not vary 1 if it is met, else 0."""
    return torch.where(variance > 0, 1 - mse / variance, (mse == 0).double())

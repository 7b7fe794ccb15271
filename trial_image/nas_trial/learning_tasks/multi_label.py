"""Any number of several classes for each example: binary cross-entropy, and metrics over all labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from torch import Tensor
from torch.nn import functional

from nas_trial.learning_tasks.base import FEW_CLASSES, LearningTask, no_beat
from nas_trial.learning_tasks.predictions import f1_scores
from nas_trial.learning_tasks.rankings import mean_areas


class MultiLabel(LearningTask):
    """Each class is there or is not. Targets (N, classes) are 0 and 1; a logit above 0 says that a class is there."""

    progress = "accuracy"
    metric_names = ("loss", "accuracy", "subset_accuracy", "f1", "f1_micro", "average_precision", "roc_auc")

    def loss(self, outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        """Return the mean binary cross-entropy of all labels; half of the smoothing goes to each side."""
        soft = targets.to(outputs.dtype) * (1 - smoothing) + smoothing / 2
        return functional.binary_cross_entropy_with_logits(outputs, soft)

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the sum of each example's share of labels that are right."""
        return ((outputs > 0) == (targets > 0.5)).float().mean(1).sum()

    def metrics(
        self,
        outputs: Tensor,
        targets: Tensor,
        named: Collection[str] = (),
        beat: Callable[[], None] = no_beat,
    ) -> dict[str, float]:
        """Return loss, accuracy, subset_accuracy, f1, f1_micro, average_precision and roc_auc.

        accuracy is the share of labels that are right (1 - Hamming loss), subset_accuracy that of examples of which all
        are. f1, average_precision and roc_auc are means over the classes, f1_micro is of all labels together.
        """
        loss = float(self.loss(outputs.float(), targets))
        if not math.isfinite(loss):
            return {"loss": loss}
        found, true = outputs > 0, targets > 0.5  # (N, classes) each
        right, predicted, there = (
            values.sum(0).cpu().numpy() for values in (found & true, found, true)
        )  # (classes,) each
        same = found == true
        metrics = {
            "loss": loss,
            "accuracy": float(same.double().mean()),
            "subset_accuracy": float(same.all(1).double().mean()),
            "f1": float(f1_scores(right, predicted, there).mean()),
            "f1_micro": float(f1_scores(right.sum(), predicted.sum(), there.sum())),
        }
        if outputs.shape[1] <= FEW_CLASSES or not {"average_precision", "roc_auc"}.isdisjoint(named):
            columns = (
                (outputs[:, number].double().cpu().numpy(), true[:, number].cpu().numpy())
                for number in range(outputs.shape[1])
            )
            metrics |= mean_areas(columns, beat)
        return metrics

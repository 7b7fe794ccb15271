"""Which task the data is for, with what it has to know of the training targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nas_core.api.task import Task
from nas_trial.learning_tasks.base import LearningTask
from nas_trial.learning_tasks.classification import Classification
from nas_trial.learning_tasks.multi_label import MultiLabel
from nas_trial.learning_tasks.regression import Regression


def learning_task(task: Task, y: NDArray[Any], classes: Sequence[str], device: torch.device) -> LearningTask:
    """Return what is learned; ``y`` are the training targets: (N), or (N, outputs) where an example has several.

    ``classes`` are the names of the classes, none of a regression.
    """
    if not classes:
        # All training rows may have one target, though the data as a whole has several.
        mean, deviation = y.mean(0, dtype=np.float64), y.std(0, dtype=np.float64)
        deviation = np.where(deviation > 0, deviation, 1.0)
        return Regression(*(torch.tensor(np.atleast_1d(values), device=device) for values in (mean, deviation)))
    if task.multi_label:
        return MultiLabel()
    if task.class_weights == "none":
        return Classification()
    # Inverse to its frequency, so that the weights of all training examples add up to N.
    counts = np.maximum(np.bincount(y, minlength=len(classes)), 1)
    weights = len(y) / (len(classes) * counts)  # (classes,)
    return Classification(torch.tensor(weights, dtype=torch.float32, device=device))

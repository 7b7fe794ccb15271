"""Smaller networks learn from the largest: its outputs are their targets.

Reference: Yu & Huang 2019, arXiv:1903.05134, section 3.3 (in-place distillation); Hinton et al. 2015, arXiv:1503.02531.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from nas_trial.learning_tasks import Classification, LearningTask, MultiLabel


def soft_loss(task: LearningTask, outputs: Tensor, teacher: Tensor) -> Tensor:
    """Return the mean loss of outputs (n, outputs) by those of a teacher (n, outputs), a scalar.

    Cross-entropy with the teacher's probabilities; of a regression the mean squared difference.
    """
    outputs, teacher = outputs.float(), teacher.detach().float()
    if isinstance(task, Classification):
        return functional.cross_entropy(outputs, teacher.softmax(1))
    if isinstance(task, MultiLabel):
        return functional.binary_cross_entropy_with_logits(outputs, teacher.sigmoid())
    return functional.mse_loss(outputs, teacher)

"""The largest network, the smallest and some between in each step; the largest teaches the others.

What the ends do bounds what the others do, so these are trained in every step. References: Yu & Huang, "Universally
Slimmable Networks and Improved Training Techniques", ICCV 2019, arXiv:1903.05134; Yu et al., "BigNAS", ECCV 2020,
arXiv:2003.11142.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from nas_core.spaces import Architecture
from nas_trial.supernet.by_size import by_size
from nas_trial.supernet.paths import largest, smallest
from nas_trial.supernet.sharing import Setting, Sharing
from nas_trial.supernet.soft_labels import soft_loss
from nas_trial.training.step_rule import Lesson

BETWEEN = 2
"""Networks drawn uniformly in each step: as published."""


class Sandwich(Sharing):
    """Trains four networks a step."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        values = by_size(self.weights.spec, self.space, self.weights.signature)
        self._ends = largest(self.space, values), smallest(self.space, values)
        self._between: list[Architecture] = []
        self._rng = np.random.default_rng(0)

    def begin(self, seed: int, step: int, rate: float) -> None:
        """Draw the networks between."""
        self._rng = np.random.default_rng(seed)
        self._between = [self.space.sample(self._rng) for _ in range(BETWEEN)]

    def learn(self, lesson: Lesson) -> tuple[Tensor, Tensor]:
        """Add up the gradients of all of them; told is the largest one's loss."""
        greatest, least = self._ends
        self.weights.choose(greatest)
        outputs = lesson.run()
        loss = lesson.loss(outputs)
        lesson.backward(loss)
        for path in (least, *self._between):
            self.follow(path, self._rng)
            lesson.backward(soft_loss(self.setting.examples.task, lesson.run(), outputs))
        return outputs, loss

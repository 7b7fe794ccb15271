"""As many networks in each step as a decision has options, so that each option is trained once.

Uniform drawing gives some options more steps than others, and those trained last an advantage. Here gradients of all
options are added up before the weights change. Reference: Chu, Zhang & Xu, "FairNAS: Rethinking Evaluation Fairness of
Weight Sharing Neural Architecture Search", ICCV 2021, arXiv:1907.01845 (algorithm 1).
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from nas_core.spaces import Architecture
from nas_trial.supernet.paths import fair
from nas_trial.supernet.sharing import Setting, Sharing
from nas_trial.training.step_rule import Lesson


class Fair(Sharing):
    """Trains several networks a step: its time is theirs together, its memory that of one."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._paths: list[Architecture] = []
        self._rng = np.random.default_rng(0)

    def begin(self, seed: int, step: int, rate: float) -> None:
        """Draw the step's networks."""
        self._rng = np.random.default_rng(seed)
        self._paths = [*fair(self.space, self._rng)]

    def learn(self, lesson: Lesson) -> tuple[Tensor, Tensor]:
        """Add up the gradients of all of them; told is the last one's loss."""
        for path in self._paths:
            self.follow(path, self._rng)
            outputs = lesson.run()
            loss = lesson.loss(outputs)
            lesson.backward(loss)
        return outputs, loss

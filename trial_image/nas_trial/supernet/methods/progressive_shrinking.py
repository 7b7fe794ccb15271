"""The largest network first, then smaller and smaller ones too: kernels, then depth, then widths.

So large networks are not disturbed by small ones before they have learned, and small ones begin with the weights of
trained ones. The largest network as it was at the end of its own part teaches the others. Reference: Cai et al.,
"Once-for-All: Train One Network and Specialize it for Efficient Deployment", ICLR 2020, arXiv:1908.09791, section 3.3.
The parts follow each other in one schedule of the learning rate, not with one for each as published.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from nas_trial.supernet.by_size import by_size
from nas_trial.supernet.paths import among, largest
from nas_trial.supernet.sharing import Setting, Sharing
from nas_trial.supernet.soft_labels import soft_loss
from nas_trial.training.step_rule import Lesson

ORDER = (("kernel",), ("depth", "layers"), ("expansion", "ratio", "hidden"), ("width", "embedding"))
"""Names of decisions in the order in which they may take smaller values; all others come last."""
LARGEST_ALONE = 0.3
"""Share of the training in which only the largest network is trained; the rest is divided among the parts."""


class ProgressiveShrinking(Sharing):
    """Trains one network a step, beside the teacher's outputs."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._values = by_size(self.weights.spec, self.space, self.weights.signature)
        self._largest = largest(self.space, self._values)
        self._parts = self._in_order()
        self._steps = setting.steps * setting.epochs
        self._teacher = self.weights.extract(self._largest).train().requires_grad_(False)
        for module in self._teacher.modules():
            if isinstance(module, _BatchNorm):
                # It normalises by each batch itself; statistics would differ between processes, for nothing.
                module.momentum = 0.0
        self._alone = True

    def begin(self, seed: int, step: int, rate: float) -> None:
        """Draw the step's network among those of its part, and take the teacher when its time has come."""
        first = int(LARGEST_ALONE * self._steps)
        if step == first:
            self._teacher.load_state_dict(self.weights.extract(self._largest).state_dict())
        self._alone = step < first
        rng = np.random.default_rng(seed)
        self.follow(among(self.space, self._allowed(step, first), rng), rng)

    def learn(self, lesson: Lesson) -> tuple[Tensor, Tensor]:
        """Learn from the labels and from the teacher, both alike."""
        if self._alone:
            return super().learn(lesson)
        own = self.weights.chosen
        self.weights.become(self._teacher)
        with torch.no_grad():
            taught = lesson.run()
        self.weights.become(own)
        outputs = lesson.run()
        loss = lesson.loss(outputs)
        lesson.backward(loss + soft_loss(self.setting.examples.task, outputs, taught))
        return outputs, loss

    def state(self) -> Mapping[str, Tensor]:
        """Return the teacher."""
        return {f"teacher.{name}": value for name, value in self._teacher.state_dict().items()}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put the teacher back."""
        self._teacher.load_state_dict({name.removeprefix("teacher."): value for name, value in tensors.items()})

    def _in_order(self) -> list[list[str]]:
        """Return the names of decisions in the order of the parts."""
        kinds = {decision.name: decision.name.rpartition(".")[2] for decision in self.space.decisions}
        parts = [[name for name, kind in kinds.items() if kind in part] for part in ORDER]
        known = {name for part in parts for name in part}
        return [part for part in (*parts, [name for name in kinds if name not in known]) if part]

    def _allowed(self, step: int, first: int) -> dict[str, list[str]]:
        """Return the values that decisions may have: of a part under way from the greatest down to less and less."""
        allowed = {}
        each = max(1.0, (self._steps - first) / len(self._parts))
        for number, part in enumerate(self._parts):
            share = (step - first - number * each) / each if step >= first else -1.0
            for decision in (one for one in self.space.decisions if one.name in part):
                values = self._values[decision.name]
                count = 1 if share < 0 else 1 + int(min(1.0, 2 * share + 1 / len(values)) * (len(values) - 1))
                allowed[decision.name] = values[-count:]
        return allowed

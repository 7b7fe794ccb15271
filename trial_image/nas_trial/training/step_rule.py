"""What a network learns in one step: the seam between the training loop and ways to train several networks at once.

`nas_trial.training.engine` has the loop, the data and the optimiser; a rule says what is run on a batch and what its
loss is. `PlainStep` trains one network; those of shared weights are in `nas_trial.supernet`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@dataclass(frozen=True)
class Lesson:
    """Some examples (n) of a batch, as a rule may use them."""

    run: Callable[[], Tensor]
    """Returns the outputs (n, outputs) of the network as it is now."""
    loss: Callable[[Tensor], Tensor]
    """Returns the mean loss of outputs by the targets: a scalar."""
    backward: Callable[[Tensor], None]
    """Adds a loss's gradients to those of the batch."""


class StepRule:
    """What a step learns. This one, and what a rule does not say itself, is ordinary training of one network."""

    def least_examples(self, network: nn.Module) -> int:
        """Return how many examples the network takes at least while it trains: batch normalisation needs two."""
        return 2 if any(isinstance(module, _BatchNorm) for module in network.modules()) else 1

    def begin(self, seed: int, step: int, rate: float) -> None:
        """Prepare a step, counted over all epochs; ``seed`` differs from step to step, ``rate`` is the learning rate.

        Called once a step, before the first :meth:`learn`: what is tried again with smaller parts stays as it is. All
        processes of a group are given the same.
        """

    def learn(self, lesson: Lesson) -> tuple[Tensor, Tensor]:
        """Compute the gradients of some examples; return outputs (n, outputs) and loss (a scalar) to tell people."""
        outputs = lesson.run()
        loss = lesson.loss(outputs)
        lesson.backward(loss)
        return outputs, loss

    def judge(self, metrics: Callable[[nn.Module], dict[str, float]], network: nn.Module) -> dict[str, float]:
        """Return what is reported of an epoch; ``metrics`` gives those of a network on the validation examples."""
        return metrics(network)

    def finished(self) -> bool:
        """Whether there is nothing more to learn; asked after each epoch."""
        return False

    def shown(self) -> Mapping[str, float]:
        """Return live metrics of its own."""
        return {}

    def state(self) -> Mapping[str, Tensor]:
        """Return its tensors, by name: part of every checkpoint. Always the same names and shapes."""
        return {}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`state` returned."""


class PlainStep(StepRule):
    """One network, trained on every batch."""

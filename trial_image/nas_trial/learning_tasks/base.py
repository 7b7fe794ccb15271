"""What all learning tasks have in common: the interface that training and judging know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import ClassVar

from torch import Tensor

FEW_CLASSES = 100
"""Up to so many, the areas under the curves are computed whether they are asked for or not."""


def no_beat() -> None:
    """Do nothing. A named function, because a lambda cannot be sent to another process."""


class LearningTask(ABC):
    """A kind of problem."""

    progress: ClassVar[str]
    """Name of what :meth:`correct` sums, as a mean over the examples: ``accuracy``, …"""
    metric_names: ClassVar[tuple[str, ...]]
    """Names of what :meth:`metrics` returns where all of them are defined, in its order."""

    @abstractmethod
    def loss(self, outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        """Return the mean loss of a batch, a scalar.

        Outputs (N, outputs) of a network; targets (N), or (N, outputs) where an example has several. ``smoothing`` is
        the share of each label that is spread (Szegedy et al. 2016, arXiv:1512.00567, section 7); without classes it
        has no effect.
        """

    @abstractmethod
    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the batch's sum of what shows progress: a scalar, on the device."""

    @abstractmethod
    def metrics(
        self,
        outputs: Tensor,
        targets: Tensor,
        named: Collection[str] = (),
        beat: Callable[[], None] = no_beat,
    ) -> dict[str, float]:
        """Return the metrics of a whole split, names without prefix: ``loss``, ``accuracy``, …

        Those that are not defined for the split (the area under a curve when all examples are of one class) are left
        out, and with more than ``FEW_CLASSES`` classes those that take long, unless they are ``named``. ``beat`` is
        called now and then, as a sign of life.
        """

"""How one network is trained: what the search says, and what is this trial's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas_core.api.evaluation import Evaluation
from nas_core.api.strategy import Objective


@dataclass(frozen=True)
class Recipe:
    """A way to train."""

    evaluation: Evaluation
    """Epochs, batch size, optimiser, augmentation, …"""
    seed: int
    """Of all that is drawn."""
    objectives: Sequence[Objective] = ()
    """What is searched for. Their learning curves are kept; the first that training changes tells the best epoch."""
    constraints: Sequence[str] = ()
    """Metrics that have limits."""
    last_epoch: int | None = None
    """Where to stop on the way to the evaluation's epochs; None: train them all."""

    @property
    def named(self) -> list[str]:
        """Metrics that are needed whatever they cost, without the prefix of their split."""
        names = [*(objective.metric for objective in self.objectives), *self.constraints]
        return [name.partition("_")[2] for name in names]

    @property
    def stop_at(self) -> int:
        """Epochs to train in this trial."""
        return self.last_epoch or self.evaluation.epochs

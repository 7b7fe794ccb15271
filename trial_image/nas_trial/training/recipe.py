"""How one network is trained: what the search says, and what is this trial's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas_core.api.evaluation import Evaluation


@dataclass(frozen=True)
class Recipe:
    """A way to train."""

    evaluation: Evaluation
    """Epochs, batch size, optimiser, augmentation, …"""
    seed: int
    """Of all that is drawn."""
    objectives: Sequence[str] = ()
    """Metrics whose learning curve is kept."""
    last_epoch: int | None = None
    """Where to stop on the way to the evaluation's epochs; None: train them all."""

    @property
    def stop_at(self) -> int:
        """Epochs to train in this trial."""
        return self.last_epoch or self.evaluation.epochs

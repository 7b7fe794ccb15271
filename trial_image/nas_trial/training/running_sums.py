"""What is summed over an epoch's examples while it is trained."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class RunningSums:
    """Sums on the device, so that no step waits for it, and in 64 bits, so that only the order of the steps counts."""

    loss: Tensor
    """Of the examples' losses: a scalar, float64."""
    correct: Tensor
    """Of what the task counts as right: a scalar, float64."""
    seen: int = 0
    """Examples."""

    @classmethod
    def of(cls, values: dict[str, float], device: torch.device) -> RunningSums:
        """Return sums that go on from those of a checkpoint."""
        loss, correct = (
            torch.tensor(values.get(name, 0.0), dtype=torch.float64).to(device) for name in ("loss", "correct")
        )
        return cls(loss, correct, int(values.get("seen", 0)))

    def add(self, loss: Tensor, correct: Tensor, examples: int) -> None:
        """Add a part's share of a batch's mean loss, and how many it got right; ``examples`` are the batch's."""
        self.loss.add_(loss, alpha=examples)
        self.correct.add_(correct)

    def read(self) -> dict[str, float]:
        """Return the sums as numbers; this waits for the device."""
        return {"loss": self.loss.item(), "correct": self.correct.item(), "seen": float(self.seen)}

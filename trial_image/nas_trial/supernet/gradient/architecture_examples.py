"""The examples that the architecture learns from: a batch for each step, from a half of its own.

That half is of the training split (`nas_trial.supernet.halves`), never the validation split: the search is judged by
that.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from nas_trial.data.examples import Batch, Split
from nas_trial.training.distributed import Group


@dataclass
class ArchitectureExamples:
    """Batches by the number of the step, counted over all epochs; in an order that (seed, epoch) decides."""

    split: Split
    seed: int
    steps: int
    """Of an epoch."""
    group: Group | None = None
    """Processes of which each takes its share of every batch."""
    _coming: Generator[Batch, None, None] | None = field(default=None, init=False)
    _next: int = field(default=-1, init=False)

    def batch(self, step: int) -> tuple[Batch, float]:
        """Return this process's part of a step's batch, and its share of it."""
        if self._coming is None or step != self._next or step % self.steps == 0:
            self.close()
            self._coming = self._from(step)
        self._next = step + 1
        mine = next(self._coming)
        return mine, len(mine) / (self._end(step % self.steps) - self._end(step % self.steps - 1))

    def close(self) -> None:
        """End the reading ahead."""
        if self._coming is not None:
            self._coming.close()
            self._coming = None

    def _end(self, place: int) -> int:
        """Return where the batch at a place of the epoch ends; they differ in size by one at most."""
        return len(self.split) * (place + 1) // self.steps

    def _from(self, step: int) -> Generator[Batch, None, None]:
        """Yield the batches of the rest of an epoch."""
        epoch, first = divmod(step, self.steps)
        order = self.split.order(self.seed, epoch)  # (examples,)
        chosen = [order[self._end(place - 1) : self._end(place)] for place in range(first, self.steps)]
        return self.split.batches([self.group.shard(rows) for rows in chosen] if self.group else chosen)

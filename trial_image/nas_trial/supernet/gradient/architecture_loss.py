"""The loss on the architecture's examples, and its gradients: over parts of a batch, and over all processes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from nas_trial.data.examples import Batch
from nas_trial.supernet.gradient.architecture_examples import ArchitectureExamples
from nas_trial.training.distributed import Group
from nas_trial.training.lessons import Lessons

LEAST = 2
"""Examples of a part: batch normalisation needs them."""


@dataclass
class ArchitectureLoss:
    """How a network does on the batch of a step."""

    network: nn.Module
    lessons: Lessons
    examples: ArchitectureExamples
    group: Group | None = None
    parts: int = 1
    """Parts that a batch is put through the network in: in fewer it did not fit into the memory."""
    _of: tuple[int, Batch, float] | None = field(default=None, init=False)

    def gradients(self, step: int, seed: int, choose: Callable[[], None], of: Sequence[Tensor]) -> list[Tensor]:
        """Return the gradients of a step's loss; ``choose`` tells the network, before each part, what to compute.

        Raises:
            torch.OutOfMemoryError: if the parts are too large; the next call takes smaller ones.
        """
        batch, share = self._batch(step)
        total = [torch.zeros_like(value) for value in of]
        parts = min(self.parts, max(1, len(batch) // LEAST))
        with self._drawing(seed):
            draw = random.Random(seed)
            try:
                for part in batch.parts(parts):
                    choose()
                    loss = self._loss(part, draw) * (share * len(part) / len(batch))
                    torch._foreach_add_(total, gradients(loss, of))
            except torch.OutOfMemoryError:
                self.parts *= 2
                raise
        self.reduce(total)
        return total

    def first_part(self, step: int, seed: int, divided: int = 1) -> Tensor:
        """Return the mean loss (a scalar) of a step's batch, or of as much of it as there is memory for.

        In float32: narrow arithmetic has no digits left for a second derivative. ``divided``: take one of so many parts
        of that again.

        Raises:
            ValueError: if there are no parts that small.
        """
        batch, _ = self._batch(step)
        most = max(1, len(batch) // LEAST)
        parts = min(self.parts, most) * divided
        if parts > most:
            raise ValueError(f"{len(batch)} examples have no {parts} parts")
        with self._drawing(seed):
            lessons = replace(self.lessons, dtype=torch.float32)
            run, loss_of = lessons.of(batch.parts(parts)[0], self.network, random.Random(seed))
            return loss_of(run())

    def reduce(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors, wherever they are, by their sums over the processes."""
        if self.group is None:
            return
        for device in {tensor.device for tensor in tensors}:
            self.group.all_reduce([tensor for tensor in tensors if tensor.device == device])

    def _loss(self, part: Batch, draw: random.Random) -> Tensor:
        run, loss_of = self.lessons.of(part, self.network, draw)
        return loss_of(run())

    def _batch(self, step: int) -> tuple[Batch, float]:
        if self._of is None or self._of[0] != step:
            self._of = step, *self.examples.batch(step)
        return self._of[1:]

    @contextmanager
    def _drawing(self, seed: int) -> Iterator[None]:
        """Draw in a block from torch's generators as the seed says, and go on behind it as if nothing was drawn."""
        device = self.lessons.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed + (self.group.rank if self.group else 0))
            yield


def gradients(loss: Tensor, of: Sequence[Tensor]) -> list[Tensor]:
    """Return a loss's gradients; zeros where it does not depend on a tensor."""
    found = torch.autograd.grad(loss, of, allow_unused=True)
    return [torch.zeros_like(value) if got is None else got for value, got in zip(of, found, strict=True)]

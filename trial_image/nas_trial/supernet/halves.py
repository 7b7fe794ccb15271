"""The training examples in two halves: one for weights, one for what is learned about architectures.

Both are training examples: validation examples stay unseen, so that what is judged by them is judged fairly.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from nas_trial.data.examples import Batch, Split


@dataclass(frozen=True)
class Half(Split):
    """Some rows of a split, wherever its inputs lie. Rows keep the numbers that they have in the whole."""

    whole: Split
    member: Tensor
    """Whether each row of the whole is in it: (N of the whole), on the CPU."""

    @cached_property
    def targets(self) -> Tensor:  # type: ignore[override]
        """Those of its rows, in the order of the rows."""
        targets = self.whole.targets
        return targets[self.member.to(targets.device)]

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        return int(self.member.sum())

    def order(self, seed: int, epoch: int) -> Tensor:
        """Return the whole's order of an epoch, without the other rows (N)."""
        return self._of(self.whole.order(seed, epoch))

    def in_order(self) -> Tensor:
        """Return its rows as they lie (N)."""
        return self._of(self.whole.in_order())

    def batches(self, chosen: Sequence[Tensor]) -> Generator[Batch, None, None]:
        """Yield one batch for each tensor of rows."""
        return self.whole.batches(chosen)

    def joined(self, other: Split) -> Split:
        """Raise: halves are made of what is joined already."""
        raise NotImplementedError

    def _of(self, rows: Tensor) -> Tensor:
        return rows[self.member.to(rows.device)[rows]]


def halves(split: Split, seed: int) -> tuple[Half, Half]:
    """Return two halves of a split at random, the second with one example more if the number is odd.

    So where the first has enough for its steps the second has, too.
    """
    return apart(split, len(split) // 2, seed)


def apart(split: Split, count: int, seed: int) -> tuple[Half, Half]:
    """Return so many examples of a split, drawn at random, and the others."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    drawn = torch.zeros(len(split), dtype=torch.bool)
    drawn[order[:count]] = True
    return Half(split, drawn), Half(split, ~drawn)

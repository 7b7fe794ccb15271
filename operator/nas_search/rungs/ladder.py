"""The rungs: after how many epochs candidates are compared, and which of them with which.

Successive halving compares the candidates of a bracket, asynchronously (ASHA) all of a search. Brackets follow from the
index of a candidate alone, so nothing has to be remembered of them.

References: Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS
2016, arXiv:1502.07943 (successive halving); Li et al., "Hyperband", JMLR 2018, arXiv:1603.06560 (brackets that begin at
different rungs); Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, arXiv:1810.05934
(ASHA).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from nas_core.api.strategy import Rungs


@dataclass(frozen=True)
class Bracket:
    """Candidates that are compared with one another: those of the indices from ``first``, below ``end``."""

    first: int
    end: int
    lowest: int
    """Number of the rung that they begin at."""


@dataclass(frozen=True)
class Ladder:
    """The rungs of a search."""

    scheduler: str
    """The member of `Rungs`."""
    reduction: int
    """One in this many candidates goes on."""
    epochs: tuple[int, ...]
    """Epochs at each rung, counted from the start of training, lowest first; the last is training in full."""

    @classmethod
    def of(cls, spec: Rungs, epochs: int) -> Ladder:
        """Return the rungs up to ``epochs``, each reductionFactor times the one below, none below ``minEpochs``."""
        # Counted by multiplication: a logarithm may be just below a whole number of rungs.
        steps = 0
        while spec.min_epochs * spec.reduction_factor ** (steps + 1) <= epochs:
            steps += 1
        # From the top down, so that the highest rung is training in full whatever the factor leaves over.
        rungs = tuple(epochs // spec.reduction_factor**left for left in range(steps, -1, -1))
        return cls(spec.scheduler, spec.reduction_factor, rungs)

    @property
    def top(self) -> int:
        """Number of the highest rung."""
        return len(self.epochs) - 1

    @property
    def waits(self) -> bool:
        """Whether a rung is compared only when all of its bracket have reached it."""
        return self.scheduler != "asha"

    def brackets(self, total: int) -> Iterator[Bracket]:
        """Yield the brackets of a search of ``total`` candidates; the last one may be smaller than it would be."""
        if not self.waits:
            yield Bracket(0, total, 0)
            return
        first = 0
        for size, lowest in itertools.cycle(self._cycle()):
            if first >= total:
                return
            yield Bracket(first, min(total, first + size), lowest)
            first += size

    def first_epochs(self, index: int) -> int:
        """Return the epochs that a candidate is trained at first."""
        # Brackets follow from the index alone, so that no restart of the operator can lose one.
        place = index % sum(size for size, _ in self._cycle())
        for size, lowest in self._cycle():
            if place < size:
                return self.epochs[lowest]
            place -= size
        raise AssertionError("a place is within the cycle")

    def _cycle(self) -> list[tuple[int, int]]:
        """Return size and lowest rung of the brackets that follow each other again and again."""
        if self.scheduler != "hyperband":
            return [(self.reduction**self.top, 0)]
        rungs = self.top + 1
        # ceil((s_max + 1) / (s + 1) * eta^s) of the paper, s being the rungs above the lowest.
        return [(-(-rungs * self.reduction**s // (s + 1)), self.top - s) for s in range(self.top, -1, -1)]

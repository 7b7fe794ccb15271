"""What a watch of Jobs showed, and the figures taken from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Observed:
    """One round of one side: when each Job was seen to be created, and to have finished."""

    parallel: int
    created: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, output: str, parallel: int) -> Observed:
        """Read what `benchmarks.operator.observer` printed."""
        observed = cls(parallel)
        for line in output.splitlines():
            kind, moment = line.split()
            getattr(observed, kind).append(float(moment))
        return observed

    @property
    def turnaround(self) -> list[float]:
        """Seconds from each end to the creation that filled its slot, in order of both."""
        refills = self.created[self.parallel :]
        return [max(0.0, new - old) for old, new in zip(self.finished, refills, strict=False)]

    @property
    def seconds(self) -> float:
        """Seconds from the first creation to the last end."""
        return self.finished[-1] - self.created[0]


@dataclass(frozen=True)
class Cost:
    """What the operator spent on one round."""

    first_job: float
    """Seconds from ``kubectl apply`` to the first Job."""
    recorded: float
    """Seconds from the last Job's end until the search had ended, every result on record."""
    requests: float
    """API requests of its own, watches aside."""
    cpu: float
    """Seconds of CPU from ``kubectl apply`` to the search's end."""
    peak: int
    """Largest resident memory, bytes."""


def per_minute(rounds: Sequence[Observed]) -> float:
    """Return trials a minute over all rounds."""
    return 60 * sum(len(r.finished) for r in rounds) / sum(r.seconds for r in rounds)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

"""The table of the devices. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.supernet.intervals import Estimate, Places, estimate
from nas_core.api.strategy import Constraint

HEAD = (
    *("Target", "Limit", "Network", "Multiply-adds", "int8 bytes", "Shared weights", "Alone, mean (least to most)"),
    *("Shared - alone, points (95 %)", "Trained again"),
)


@dataclass(frozen=True)
class Row:
    """A target's best network."""

    target: str
    limits: Sequence[Constraint]
    text: str
    flops: int
    int8_bytes: int
    shared: NDArray[np.bool_]
    """Which of the test images (N) it is right about with shared weights."""
    alone: NDArray[np.bool_]
    """The same of each training alone (seeds, N)."""
    retrained: float | None
    """Its accuracy when the search has trained it again, on the validation images too."""

    @property
    def difference(self) -> Estimate:
        """Points of accuracy between shared weights and the mean of the trainings alone.

        The interval is of the drawn images; how much trainings differ, their range tells.
        """
        points = 100 * (self.shared.astype(float) - self.alone.mean(0))  # (N,)

        def mean(places: Places) -> float:
            return float(points[places].mean())

        return estimate(mean, len(points))


def table(rows: Sequence[Row]) -> str:
    """Return it as Markdown."""
    lines = [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
    for row in rows:
        each = 100 * row.alone.mean(1)
        values = (
            row.target,
            ", ".join(f"{limit.metric} ≤ {limit.max}" for limit in row.limits),
            f"`{row.text}`",
            f"{row.flops:,}",
            f"{row.int8_bytes:,}",
            f"{100 * row.shared.mean():.2f}",
            f"{each.mean():.2f} ({each.min():.2f} to {each.max():.2f})",
            str(row.difference),
            "" if row.retrained is None else f"{100 * row.retrained:.2f}",
        )
        lines.append(f"| {' | '.join(values)} |")
    return "\n".join(lines)

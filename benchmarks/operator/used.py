"""What the operator has used so far: of one moment, so that two of them say what came between."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from tests.support.operator_process import Operator

from benchmarks.operator.rounds import requests


@dataclass(frozen=True)
class Used:
    """What was seen of the operator at one moment."""

    at: float
    cpu: float
    memory: int
    requests: float
    looks: dict[str, tuple[float, float]]
    """Sum of seconds and count, by ``reconcile`` and ``plan``."""

    @classmethod
    def of(cls, operator: Operator) -> Used:
        """Look at it now."""
        page, usage = operator.metrics(), operator.usage()
        looks = {name: histogram(page, f"nas_operator_{name}_seconds") for name in ("reconcile", "plan")}
        return cls(time.monotonic(), usage.cpu, usage.peak, requests(page), looks)

    def mean_ms(self, name: str, before: Used) -> float:
        """Return the mean of what one of `looks` has taken since."""
        total, count = (now - then for now, then in zip(self.looks[name], before.looks[name], strict=True))
        return 1000 * total / max(1, count)


def histogram(page: str, name: str) -> tuple[float, float]:
    """Return the sum and the count of a histogram over all its labels."""
    total = {"sum": 0.0, "count": 0.0}
    for kind, value in re.findall(rf"^{name}_(sum|count)(?:{{[^}}]*}})? (\S+)$", page, re.MULTILINE):
        total[kind] += float(value)
    return total["sum"], total["count"]

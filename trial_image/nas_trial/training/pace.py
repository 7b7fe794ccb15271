"""How an epoch is divided into steps, and how fast it goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


def step_ends(examples: int, batch: int) -> list[int]:
    """Return where each step's batch ends in the order of an epoch; every example is in one of them.

    There are as few batches of at most ``batch`` examples as hold all, of sizes that differ by one at most: a small
    rest would be a step of much noise, and one example alone has no batch statistics. (So where ``batch`` is 2, one
    may have 3.) It depends on nothing else, so that a checkpoint can go on with any number of processes.
    """
    steps = -(-examples // batch)
    if batch > 1:
        steps = max(1, min(steps, examples // 2))
    return [-(-examples * number // steps) for number in range(1, steps + 1)]


class Pace:
    """The speed of an epoch, or of what is left of it, in this process."""

    def __init__(self) -> None:
        self._started = self._reported = time.monotonic()
        self._waited = 0.0
        self.examples = 0
        """Trained so far, those of all processes."""

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._started

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count a block as waiting for data."""
        started = time.monotonic()
        yield
        self._waited += time.monotonic() - started

    def due(self, interval_s: float) -> bool:
        """Whether the last report is so long ago; then this is one."""
        now = time.monotonic()
        if now - self._reported < interval_s:
            return False
        self._reported = now
        return True

    def metrics(self) -> dict[str, float]:
        """Return examples_per_second and device_wait_share."""
        seconds = max(1e-9, self.seconds)
        return {"examples_per_second": self.examples / seconds, "device_wait_share": self._waited / seconds}

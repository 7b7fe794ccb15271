"""Trainings side by side on one device: each is a generator that yields while it waits for the device.

One thread goes round them. Threads or processes would do worse here: processes take turns on a GPU instead of sharing
it, and in threads only one at a time could prepare its work. Pure but for the clock and the short sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

IDLE_S = 0.0002
Training = Iterator[bool]
"""Yields whether it did anything since it was last asked."""


class Shares:
    """A clock of device time: in a second of the day, each of n trainings that run side by side has 1/n of one."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock, self._last, self.now = clock, clock(), 0.0

    def tick(self, running: int) -> None:
        """Let the time go on for so many trainings."""
        now = self._clock()
        self.now += (now - self._last) / max(running, 1)
        self._last = now


def run(start: Callable[[int], Training | None], lanes: int, shares: Shares) -> None:
    """Run trainings until there are none left and all have ended.

    Args:
        start: returns the next training for a lane, numbered from 0; None: no more are begun.
        lanes: how many run at a time.
        shares: counts each one's time.
    """
    running: dict[int, Training] = {}
    free = list(range(lanes))
    while True:
        while free:
            training = start(free[0])
            if training is None:
                break
            running[free.pop(0)] = training
        if not running:
            return
        busy = False
        for lane, training in list(running.items()):
            shares.tick(len(running))
            worked = next(training, None)
            if worked is None:
                del running[lane]
                free.append(lane)
            busy |= worked is not False
        if not busy:
            time.sleep(IDLE_S)

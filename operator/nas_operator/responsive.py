"""Keeps the event loop quick beside plans, which compute in threads of this process (`nas_operator.searches.planner`).

Two things of Python's hold it up. A thread that computes keeps the interpreter's lock for the switch interval, 5 ms at
first; whoever waits beside several such threads waits for some of these. And a full garbage collection walks through
all objects while everything stands still: with the 10,000 trials of one search for a second. What has survived one that
took long is frozen: later ones pass over it. It is still freed when nobody refers to it; only cycles among such objects
stay, until they are taken back into the collection once a day.

`benchmarks/plans` has what was measured. `nas_operator.__main__` calls it when the operator starts. Whether it is
enough is measured all the time (`measure_lag`).
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

SWITCH_S = 0.0005
"""Seconds after which a thread that computes gives way."""
LONG_S = 0.05
"""Seconds of a full collection after which its survivors are frozen."""
FROZEN_S = 24 * 3600.0
"""Seconds after which the frozen ones are looked through again."""
LAG_EVERY_S = 0.25
"""Seconds between two measurements of the event loop's lag."""
OLDEST = 2
"""The generation that a full collection is of."""


def stay_responsive() -> None:
    """Set up this process."""
    sys.setswitchinterval(SWITCH_S)
    gc.callbacks.append(Freezer())


async def measure_lag(
    observe: Callable[[float], None],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> NoReturn:
    """Observe, again and again, how many seconds later than due the event loop goes on with something."""
    while True:
        due = clock() + LAG_EVERY_S
        await sleep(LAG_EVERY_S)
        observe(max(0.0, clock() - due))


class Freezer:
    """Called by the garbage collector before and after each collection (`gc.callbacks`)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began, self._thawed = clock, 0.0, clock()

    def __call__(self, phase: str, info: Mapping[str, int]) -> None:
        """Take note of a full collection."""
        if info["generation"] != OLDEST:
            return
        now = self._clock()
        if phase == "start":
            self._began = now
            if now - self._thawed >= FROZEN_S:
                self._thawed = now
                gc.unfreeze()
        elif now - self._began >= LONG_S:
            gc.freeze()

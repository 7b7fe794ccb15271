"""When an operator has started: a start-up is not what is measured, and how long one takes is the machine's matter."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_S = 0.5
QUIET_S = 2.0
"""Seconds with next to no work after which a start-up is over: by then its watches have begun."""
QUIET_CPU = 0.05
"""Seconds of CPU within `QUIET_S` that count as none."""


def wait_until_started(
    healthy: Callable[[], bool],
    cpu: Callable[[], float],
    limit_s: float = 180.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return once an operator says that it is well and has nothing more to do.

    Args:
        healthy: whether its health endpoint answers well; asked until it does.
        cpu: seconds of CPU that it has used so far.

    Raises:
        TimeoutError: if it has not started within ``limit_s`` seconds.
    """
    deadline = clock() + limit_s

    def pause(what: str) -> None:
        if clock() > deadline:
            raise TimeoutError(f"the operator {what} {limit_s:.0f} s after its start; see its log")
        sleep(POLL_S)

    while not healthy():
        pause("is not healthy")
    since, used = clock(), cpu()
    while clock() - since < QUIET_S:
        pause("still has work to do")
        if cpu() - used > QUIET_CPU:
            since, used = clock(), cpu()

"""How late an event loop is while plans compute in threads beside it, as in the operator."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from nas_operator.responsive import stay_responsive
from nas_plan.decide import plan
from nas_plan.snapshot import Snapshot

NAP_S = 0.01
"""Seconds after which the loop wants to go on, again and again."""


def lag(snapshots: Callable[[], Sequence[Snapshot]], responsive: bool, seconds: float, interval_s: float) -> list[str]:
    """Return by how many milliseconds the loop was late: median, 99th percentile, most; one thread plans a snapshot."""
    if responsive:
        stay_responsive()
    return asyncio.run(_beside(snapshots(), seconds, interval_s))


async def _beside(snapshots: Sequence[Snapshot], seconds: float, interval_s: float) -> list[str]:
    over = threading.Event()

    def again_and_again(snapshot: Snapshot) -> None:
        while not over.is_set():
            plan(snapshot, interval_s)

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max(1, len(snapshots))) as pool:
        threads = [loop.run_in_executor(pool, again_and_again, snapshot) for snapshot in snapshots]
        late = sorted(await _measured(seconds))
        over.set()
        await asyncio.gather(*threads)
    return [f"{1000 * late[int(share * (len(late) - 1))]:.0f}" for share in (0.5, 0.99, 1.0)]


async def _measured(seconds: float) -> list[float]:
    late, end = [], time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        await asyncio.sleep(NAP_S)
        late.append(time.monotonic() - now - NAP_S)
    return late

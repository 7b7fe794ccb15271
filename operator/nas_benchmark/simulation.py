"""One search on a table: as on a cluster, but a trial takes no time, or the time that the table says.

An entrant is asked whenever a worker is free, with the results that have come by then, so that workers in parallel
know as little of one another as trials do. Pure but for the clock that times the asks.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from nas_benchmark.entrants import Entrant
from nas_benchmark.table import Table


@dataclass
class Run:
    """What one search gave, a value for each query, in the order in which results came."""

    results: list[dict[str, float] | None] = field(default_factory=list)
    """The table's columns; None: the candidate is not in the table."""
    ended_at: list[float] = field(default_factory=list)
    """Simulated time of each result, in seconds; queries if the table does not say how long they take."""
    ask_ms: list[float] = field(default_factory=list)


def search(entrant: Entrant, table: Table, budget: int, workers: int, seconds: str | None) -> Run:
    """Run a search of ``budget`` queries on so many workers.

    Args:
        entrant: who searches; one that waits for a result leaves workers idle.
        table: what is searched.
        budget: queries, those of the same architecture counted again.
        workers: queries at a time.
        seconds: the column with the time each takes; None: all take as long. What is not in the table takes none.
    """
    run = Run()
    running: list[tuple[float, int, Mapping[str, float] | None]] = []
    now, asked = 0.0, 0
    while len(run.results) < budget:
        # All free workers ask at the same moment, before the next result comes.
        while asked < budget and len(running) < workers:
            started = time.perf_counter()
            architecture = entrant.ask(asked)
            took = 1000 * (time.perf_counter() - started)
            if architecture is None:  # it waits for a result, or has nothing left
                break
            run.ask_ms.append(took)
            metrics = table.look_up(architecture)
            heapq.heappush(running, (now + _takes(metrics, seconds), asked, metrics))
            asked += 1
        if not running:
            break
        # Of results that come at the same time the one that was asked for first comes first.
        now, index, metrics = heapq.heappop(running)
        entrant.tell(index, metrics)
        run.results.append(dict(metrics) if metrics else None)
        run.ended_at.append(now)
    return run


def _takes(metrics: Mapping[str, float] | None, seconds: str | None) -> float:
    if seconds is None:
        return 1.0
    return metrics[seconds] if metrics else 0.0

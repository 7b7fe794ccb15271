"""One search on a table: as on a cluster, but a trial takes no time, or the time that the table says.

Candidates are asked for whenever a worker is free, with the results that have come by then, so that workers in parallel
know as little of one another as trials do. Pure but for the clock that times the asks.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nas_benchmark.table import Table
from nas_search import History, Observation, Pending, Strategy


@dataclass
class Run:
    """A search by query: what each gave, in the order in which results came."""

    values: list[float | None] = field(default_factory=list)
    """Of the metric that is searched on; None: the candidate is not in the table."""
    incumbents: list[int] = field(default_factory=list)
    """After each query the place of the best one so far."""
    others: list[dict[str, float]] = field(default_factory=list)
    """The other columns of each query."""
    ended_at: list[float] = field(default_factory=list)
    """Simulated time of each result, in the cost's unit; queries if there is none."""
    ask_ms: list[float] = field(default_factory=list)


def search(
    strategy: Strategy, table: Table, metric: str, sign: float, budget: int, workers: int, cost: str | None
) -> Run:
    """Run a search of ``budget`` queries with so many workers; ``sign`` -1: less of the metric is better."""
    run = Run()
    seen: list[Observation] = []
    running: list[tuple[float, int, Pending, Mapping[str, float] | None]] = []
    now, asked = 0.0, 0
    while len(seen) < budget:
        while asked < budget and len(running) < workers:
            pending = tuple(sorted((p for _, _, p, _ in running), key=lambda p: p.index))
            started = time.perf_counter()
            candidates = strategy.ask(History(tuple(seen), pending, asked), 1)
            run.ask_ms.append(1000 * (time.perf_counter() - started))
            if not candidates:
                budget = asked
                break
            found = table(candidates[0])
            takes = found[cost] if cost and found else 1.0
            heapq.heappush(running, (now + takes, asked, Pending(asked, candidates[0]), found))
            asked += 1
        if not running:
            return run
        now, index, done, metrics = heapq.heappop(running)
        seen.append(Observation(index, len(seen) + 1, done.candidate, metrics))
        record(run, metrics, metric, sign, now)
    return run


def record(run: Run, metrics: Mapping[str, float] | None, metric: str, sign: float, now: float) -> None:
    """Add a result to a run."""
    value = metrics[metric] if metrics else None
    place, before = len(run.values), run.incumbents[-1] if run.incumbents else None
    run.values.append(value)
    run.others.append({name: each for name, each in (metrics or {}).items() if name != metric})
    run.ended_at.append(now)
    best = run.values[before] if before is not None else None
    better = value is not None and (best is None or sign * value > sign * best)
    run.incumbents.append(place if before is None or better else before)


def regrets(run: Run, best: float, sign: float) -> Sequence[float]:
    """Return after each query how far the best so far is from the table's best."""
    found = (run.values[place] for place in run.incumbents)
    return [sign * (best - value) if value is not None else float("inf") for value in found]

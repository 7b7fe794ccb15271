"""Searches with rungs without a cluster, in simulated time: what the operator does with Jobs, worker by worker.

As in `nas_plan` a free worker takes the promotion of the highest rung that is due, else a new candidate; a
promoted candidate goes on where it stopped, so only the epochs in between take time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation, Pending
from nas_search.replay import RecordedTrial
from nas_search.rungs import WithRungs

Evaluate = Callable[[CandidateSpec, int], Mapping[str, float] | None]
"""Metrics of a candidate after some epochs; None: the trial fails."""
Seconds = Callable[[CandidateSpec, int], float]
"""Time that training a candidate from the start to some epochs takes."""


@dataclass(frozen=True)
class Timed:
    """A trial and when it ended, in seconds from the start of the search."""

    decision: RecordedTrial
    end: float


def simulate_rungs(
    strategy: WithRungs, evaluate: Evaluate, seconds: Seconds, total: int, workers: int
) -> Iterator[Timed]:
    """Run a search of ``total`` candidates on ``workers`` workers and yield its trials as they end."""
    seen: list[Observation] = []
    pending: dict[tuple[int, int | None], RecordedTrial] = {}
    running: list[tuple[float, int, int]] = []
    now, candidates = 0.0, 0
    while True:
        new = _next(strategy, seen, pending, candidates, total, workers - len(running))
        candidates += sum(decision.epochs == strategy.ladder.first_epochs(decision.index) for decision in new)
        for decision in new:
            assert decision.epochs is not None, "every trial has its rung"
            before = max((o.epochs or 0 for o in seen if o.index == decision.index), default=0)
            done = seconds(decision.candidate, before) if before else 0.0
            end = now + seconds(decision.candidate, decision.epochs) - done
            pending[decision.index, decision.epochs] = decision
            heapq.heappush(running, (end, decision.index, decision.epochs))
        if not running:
            return
        now, index, epochs = heapq.heappop(running)
        decision = pending.pop((index, epochs))
        decision = replace(decision, sequence=len(seen) + 1, metrics=evaluate(decision.candidate, epochs))
        seen.append(Observation(index, len(seen) + 1, decision.candidate, decision.metrics, epochs))
        yield Timed(decision, now)


def _next(
    strategy: WithRungs,
    seen: list[Observation],
    pending: Mapping[tuple[int, int | None], RecordedTrial],
    candidates: int,
    total: int,
    free: int,
) -> list[RecordedTrial]:
    """Return what free workers take up."""
    waiting = sorted((Pending(d.index, d.candidate, d.epochs) for d in pending.values()), key=lambda p: p.index)
    history = History(tuple(seen), tuple(waiting), candidates)
    promotions = strategy.promotions(history, total)[:free]
    wanted = min(free - len(promotions), total - candidates)
    asked = strategy.ask(history, wanted)
    if wanted > 0 and not asked:
        promotions = strategy.promotions(history, candidates)[:free]
    return [
        RecordedTrial(one.result.index, history.basis, one.result.candidate, epochs=one.epochs) for one in promotions
    ] + [
        RecordedTrial(candidates + k, history.basis, one, epochs=strategy.ladder.first_epochs(candidates + k))
        for k, one in enumerate(asked)
    ]

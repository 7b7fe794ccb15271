"""What it costs a strategy to choose after a long history, measured in a process that does nothing else."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nas_core.api.strategy import Constraint, Objective, StrategySpec
from nas_core.spaces import SearchSpace
from nas_search import History, Observation, Pending, Problem, create_strategy
from nas_search.strategy import candidate_of

WAITING = 16
"""Trials that run at any time."""
ASK_SECONDS, REBUILD_SECONDS, MEMORY_MIB = 1.0, 60.0, 500.0


@dataclass(frozen=True)
class Cost:
    """What a strategy needs; CPU seconds and MiB."""

    rebuild: float
    ask: float
    history_mib: float
    """Of the process before, the history in it."""
    mib: float
    """Of the process at most."""

    @property
    def fine(self) -> bool:
        """Whether it keeps the limits."""
        return self.rebuild < REBUILD_SECONDS and self.ask < ASK_SECONDS and self.mib < MEMORY_MIB


def in_a_fork(work: Callable[[], Cost]) -> Cost:
    """Return what ``work`` gives in a process of its own, which begins with all that is here."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=lambda: there.send(work()))
    process.start()
    there.close()
    cost = here.recv()
    process.join()
    assert isinstance(cost, Cost)
    return cost


def measure(member: str, space: SearchSpace, history: History, objectives: int) -> Cost:
    """Return what one strategy needs; ``member`` is that of `StrategySpec`."""
    before = _peak_mib()
    goals = [Objective(metric="quality"), Objective(metric="cost", goal="minimize")][:objectives]
    limits = [Constraint(metric="cost", max="0.8")] if objectives > 1 else []
    strategy = create_strategy(StrategySpec.model_validate({member: {}}), Problem(space, goals, limits))
    started = time.process_time()
    [candidate] = strategy.ask(history, 1)
    rebuild = time.process_time() - started
    asks = []
    rng = np.random.default_rng(1)
    for _ in range(5):
        # The oldest that runs ends, and the candidate that was chosen takes its place.
        done, *running = history.with_pending(candidate).pending
        result = Observation(done.index, history.basis + 1, done.candidate, _metrics(rng))
        history = History((*history.observations, result), tuple(running), history.next_index + 1)
        started = time.process_time()
        [candidate] = strategy.ask(history, 1)
        asks.append(time.process_time() - started)
    return Cost(rebuild, statistics.median(asks), before, _peak_mib())


def long_history(space: SearchSpace, candidates: int) -> History:
    """Return random candidates with results, some failed, and some that run."""
    rng = np.random.default_rng(0)
    drawn = [candidate_of(space, space.sample(rng), "Random") for _ in range(candidates)]
    results = [Observation(index, index + 1, one, _metrics(rng)) for index, one in enumerate(drawn[:-WAITING])]
    running = [Pending(index, drawn[index]) for index in range(candidates - WAITING, candidates)]
    return History(tuple(results), tuple(running), candidates)


def _metrics(rng: np.random.Generator) -> dict[str, float] | None:
    quality, cost, fate = rng.random(3).tolist()
    return {"quality": quality, "cost": cost} if fate < 0.95 else None


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

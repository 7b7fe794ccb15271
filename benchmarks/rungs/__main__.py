"""When ASHA reaches the result with which Hyperband ends: on tables and a surrogate, in simulated time.

Both draw candidates at random, with the same workers; Hyperband goes through its brackets some times. The result at any
moment is the best of the highest rung that has any, as in a search's status.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rungs.tables import Task, groups
from nas_core.api.strategy import Objective, Rungs, StrategySpec
from nas_search import Problem, WithRungs, create_strategy
from nas_search.testing.rung_simulation import Timed, simulate_rungs

VALUE = [Objective(metric="value")]
CANDIDATES = 4
"""ASHA may try so many times Hyperband's candidates; then it counts as not having reached its result."""


def strategy(task: Task, sampler: str, scheduler: str, seed: int) -> WithRungs:
    """Return a strategy with rungs."""
    rungs = Rungs.model_validate({scheduler: {}, "minEpochs": task.min_epochs, "reductionFactor": task.reduction})
    spec = StrategySpec.model_validate({sampler: {}, "rungs": rungs.to_dict(), "seed": seed})
    made = create_strategy(spec, Problem(task.space, VALUE), epochs=task.epochs)
    assert isinstance(made, WithRungs)
    return made


def run(task: Task, sampler: str, scheduler: str, seed: int, total: int, workers: int) -> Iterator[Timed]:
    """Yield the trials of a search as they end."""
    return simulate_rungs(
        strategy(task, sampler, scheduler, seed),
        lambda candidate, epochs: {"value": task.value(candidate, epochs)},
        task.seconds,
        total,
        workers,
    )


@dataclass(frozen=True, order=True)
class Result:
    """What a search has come to: more epochs are better, then a greater value."""

    epochs: int
    value: float

    @classmethod
    def of(cls, timed: Timed) -> Result:
        """Return the result of a trial."""
        return cls(timed.decision.epochs or 0, (timed.decision.metrics or {})["value"])


def reached(record: Iterable[Timed], result: Result) -> float:
    """Return the seconds until a trial is at least as good; inf if none is."""
    return next((timed.end for timed in record if Result.of(timed) >= result), math.inf)


def line(name: str, tasks: Sequence[Task], sampler: str, cycles: int, seeds: int, workers: int) -> str:
    """Return what came of it, as a row of a Markdown table."""
    steps = strategy(tasks[0], sampler, "hyperband", 0).ladder
    total = cycles * sum(b.end - b.first for b in list(steps.brackets(10_000))[: steps.top + 1])
    to_end, to_best = [], []
    for seed in range(seeds):
        task = tasks[seed % len(tasks)]
        hyperband = list(run(task, sampler, "hyperband", seed, total, workers))
        best = max(map(Result.of, hyperband))
        when = reached(run(task, sampler, "asha", seed, CANDIDATES * total, workers), best)
        to_end.append(when / hyperband[-1].end)
        to_best.append(when / reached(hyperband, best))
    low, middle, high = np.quantile(to_end, [0.25, 0.5, 0.75], method="lower")
    rungs = ", ".join(map(str, steps.epochs))
    return (
        f"| {name} | {rungs} | {total} | {middle:.2f} | {low:.2f} to {high:.2f} | "
        f"{np.quantile(to_best, 0.5, method='lower'):.2f} | {sum(map(math.isfinite, to_end))} of {seeds} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="make bench-rungs", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the tables and surrogates")
    parser.add_argument("--sampler", default="random", help="member of spec.strategy that chooses candidates")
    parser.add_argument("--cycles", type=int, default=4, help="times that Hyperband goes through all its brackets")
    parser.add_argument("--seeds", type=int, default=102)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--only", default="", help="how the names begin of what is wanted")
    args = parser.parse_args()
    print("| | rungs | Hyperband's candidates | time | quartiles | of the time to its best | reached |")
    print("|---|---|---|---|---|---|---|")
    for name, tasks in groups(args.data).items():
        if name.startswith(args.only):
            print(line(name, tasks, args.sampler, args.cycles, args.seeds, args.workers), flush=True)


if __name__ == "__main__":
    main()

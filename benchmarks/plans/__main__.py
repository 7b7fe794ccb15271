"""CPU seconds of one plan of a large search, by strategy.

Each case runs in a process of its own, which is ended after ``--limit`` seconds. ``wide``: 1,000 free slots in a space
of 110 choices with 64 options each. ``history``: 200 trials run, and so many are on record; the first plan of a
process, then plans after one more result each. ``scores``: zero-cost search of 10,000 scored candidates. ``lag``: how
late an event loop is beside plans in threads, in milliseconds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

from benchmarks.plans.lag import lag
from benchmarks.plans.searches import CELLS, NOW, WIDE, Going, scored, search
from nas_plan.decide import plan
from nas_plan.phases.score import pack_missing
from nas_plan.snapshot import Snapshot
from nas_search import KINDS, ZERO_COST

INTERVAL_S = 5.0
PARALLEL, RUNNING = 1_000, 200
THREADS, LAG_SECONDS = 4, 12.0
STRATEGIES: dict[str, dict[str, Any]] = {
    kind.name: {kind.member: {}} for kind in KINDS.values() if kind is not ZERO_COST and not kind.derives
}
Figures = list[str]


def wide(strategy: dict[str, Any], recorded: int) -> Figures:
    """Return CPU seconds and candidates of the plan that fills all slots."""
    going = Going(search(WIDE, strategy, PARALLEL, 1), recorded, 0)
    return _asked(going.snapshot())


def history(strategy: dict[str, Any], recorded: int, objectives: int) -> Figures:
    """Return CPU seconds of the first plan, and of those after one more result, when state is kept."""
    going = long_history(recorded)
    going.search = search(CELLS, strategy, RUNNING, objectives)
    seconds = []
    for _ in range(4):
        going.end_one()
        actions, took = _timed(going.snapshot())
        going.begin(actions.create_trials, actions.status)
        seconds.append(took)
    return [f"{seconds[0]:.2f}", f"{statistics.median(seconds[1:]):.3f}"]


def scores() -> Figures:
    """Return CPU seconds of the plan that begins to score, of one that waits, and of the first with all scores."""
    asked = search(CELLS, {"zeroCost": {"candidates": 10_000}}, PARALLEL, 1)
    begin = _timed(Snapshot(NOW, asked))[1]
    trials = scored(asked, pack_missing(asked.spec, []))
    wait = _timed(Snapshot(NOW, asked, trials[1:]))[1]
    return [f"{begin:.2f}", f"{wait:.2f}", *_asked(Snapshot(NOW, asked, trials))]


@lru_cache(maxsize=1)
def long_history(recorded: int) -> Going:
    """Make it before the first process is forked that needs it, as that takes longest."""
    return Going(search(CELLS, {"random": {}}, RUNNING, 2), recorded, RUNNING)


def _wide_snapshots(strategy: dict[str, Any]) -> list[Snapshot]:
    return [Going(search(WIDE, strategy, PARALLEL, 1), 100, 0).snapshot()] * THREADS


def _long_snapshots() -> list[Snapshot]:
    return [long_history(10_000).snapshot()] * THREADS


def _lags() -> Iterator[tuple[str, Callable[[], Figures]]]:
    for responsive in (False, True):
        how = "as the operator runs" if responsive else "as Python begins"
        for what, snapshots in (
            ("no plan", list),
            (f"{THREADS} plans with 10,000 on record", _long_snapshots),
            (f"{THREADS} plans of bayesian in the wide space", partial(_wide_snapshots, {"bayesian": {}})),
        ):
            yield f"{what}, {how}", partial(lag, snapshots, responsive, LAG_SECONDS, INTERVAL_S)


def _asked(snapshot: Snapshot) -> Figures:
    actions, took = _timed(snapshot)
    made = sum(len(trial.candidates) for trial in actions.create_trials)
    return [f"{took:.1f}", str(made), f"{1000 * took / max(1, made):.1f}"]


def _timed(snapshot: Snapshot) -> tuple[Any, float]:
    started = time.process_time()
    actions = plan(snapshot, INTERVAL_S)
    return actions, time.process_time() - started


def in_a_fork(work: Callable[[], Figures], limit_s: float) -> Figures:
    """Return what ``work`` gives in a process of its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=lambda: there.send(work()))
    process.start()
    there.close()
    try:
        found: Figures = here.recv() if here.poll(limit_s) else [f"> {limit_s:.0f}"]
    except EOFError:
        found = ["failed"]
    process.kill()
    process.join()
    return found


def _cases(asked: set[str]) -> Iterator[tuple[str, str, Callable[[], Figures]]]:
    if "wide" in asked:
        for name, strategy in STRATEGIES.items():
            yield "wide", name, partial(wide, strategy, 100)
    if "scores" in asked:
        yield "scores", "zero-cost, 10,000 candidates", scores
    for recorded in (1_000, 10_000) if "history" in asked else ():
        long_history(recorded)
        for name, strategy in STRATEGIES.items():
            for objectives in (1, 2):
                what = f"{name}, {recorded:,} on record, {objectives} objective{'s'[: objectives - 1]}"
                yield "history", what, partial(history, strategy, recorded, objectives)
    if "lag" in asked:
        long_history(10_000)
        for what, work in _lags():
            yield "lag", what, work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.plans", description=__doc__)
    parser.add_argument("--parts", default="wide,scores,history,lag")
    parser.add_argument("--strategies", help="names with commas between; else all")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds after which a case is given up")
    options = parser.parse_args()
    only = options.strategies.split(",") if options.strategies else None
    for part, what, work in _cases(set(options.parts.split(","))):
        if only is None or part in ("scores", "lag") or what.split(",")[0] in only:
            print(f"| {part} | {what} | {' | '.join(in_a_fork(work, options.limit))} |", flush=True)


if __name__ == "__main__":
    main()

"""Trials a minute of the operator, beside a bare script that keeps as many of the same Jobs running.

The bare script is one thread that watches Jobs and makes the next when one has finished (`bare_script.py`): what plain
Kubernetes gives. Both run inside the embedded cluster's network, in turns (bare, operator, operator, bare), because a
machine drifts. Slot turnaround is what a third program sees (`observer.py`), the same beside either side, for the times
in objects are whole seconds: from the event that shows a Job finished to the one that shows the next created.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.operator.large import measure_large
from benchmarks.operator.many import measure_many
from benchmarks.operator.observed import Cost, Observed
from benchmarks.operator.prepared import prepare
from benchmarks.operator.report import summary, table
from benchmarks.operator.rounds import Bench
from nas_dev.cluster.embedded import Cluster
from nas_dev.paths import REPOSITORY


def measure(bench: Bench, rounds: int) -> None:
    """Run both sides in turns and print."""
    bare: list[Observed] = []
    operator: list[Observed] = []
    costs: list[Cost] = []
    for number in range(rounds):
        for side in ("bare", "operator") if number % 2 == 0 else ("operator", "bare"):
            print(f"round {number + 1}: {side}", file=sys.stderr, flush=True)
            if side == "bare":
                bare.append(bench.bare())
            else:
                observed, cost = bench.operator()
                operator.append(observed)
                costs.append(cost)
    print(table({"bare script, one thread": bare, "operator": operator}, bench.trials, bench.parallel))
    print(f"\n{summary(bare, operator, costs, bench.trials)}\nlog: {bench.log}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.operator", description=__doc__)
    parser.add_argument(
        "--kwok", action="store_true", help="1,000 trials, 100 parallel, on fake nodes, for two seconds each"
    )
    parser.add_argument(
        "--cluster", default="dev", help="the embedded cluster (with --kwok: one of its own, removed at the end)"
    )
    parser.add_argument("--trials", type=int)
    parser.add_argument("--parallel", type=int)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a trial takes on a real node")
    parser.add_argument(
        "--large", action="store_true", help="one search of 10,000 trials, 200 parallel, with its ledger, on fake nodes"
    )
    parser.add_argument("--many", action="store_true", help="1,000 searches of 10 trials at once, on fake nodes")
    parser.add_argument("--searches", type=int, default=1000, help="with --many")
    parser.add_argument("--history", type=int, default=1000, help="with --large: storage.trialHistory")
    parser.add_argument("--strategy", default="random", help="with --large")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each side")
    parser.add_argument(
        "--log-level", default="INFO", help="of the operator; DEBUG tells the time of each stage of a look"
    )
    options = parser.parse_args()
    if options.large:
        return measure_large(options.trials or 10_000, options.parallel or 200, options.history, options.strategy)
    if options.many:
        return measure_many(options.searches)
    cluster = Cluster("kwok" if options.kwok else options.cluster)
    trials, parallel = (1000, 100) if options.kwok else (60, 8)
    log = REPOSITORY / "build" / "bench-operator.log"
    log.parent.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    bench = Bench(
        cluster=cluster,
        trials=options.trials or trials,
        parallel=options.parallel or parallel,
        seconds=options.seconds,
        fake_nodes=options.kwok,
        log=log,
        log_level=options.log_level,
    )
    try:
        prepare(cluster, options.kwok)
        measure(bench, options.rounds)
    finally:
        if options.kwok:
            cluster.down(wipe=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

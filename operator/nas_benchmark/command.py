"""``nasctl benchmark``: strategies side by side on a tabulated benchmark, without a cluster."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nas_benchmark import summary
from nas_benchmark.contestants import STRATEGIES
from nas_benchmark.runner import Settings, Task, run_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nasctl benchmark``."""
    parser.add_argument("--space", default="nas-bench-201", help="the table's search space")
    parser.add_argument("--table", type=Path, required=True, help="CSV, or CSV compressed by gzip")
    parser.add_argument("--metric", required=True, help="column that is searched on")
    parser.add_argument("--goal", choices=["maximize", "minimize"], default="maximize")
    parser.add_argument("--test", help="column that the best is judged by in the end")
    parser.add_argument("--cost", help="column with the time a trial takes; with it workers run in simulated time")
    parser.add_argument("--strategies", default=",".join(STRATEGIES), help="names with commas between; default: all")
    parser.add_argument("--seeds", type=int, default=50, help="runs of each")
    parser.add_argument("--budget", type=int, default=300, help="candidates of a run")
    parser.add_argument("--workers", type=int, default=1, help="trials at a time")
    parser.add_argument("--twins", choices=["raw", "mean"], default="raw", help="isomorphic networks: apart, or as one")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("benchmark"), help="directory; what is in it is not run again")


def run(options: argparse.Namespace, console: Console) -> int:
    """Run what is missing, write ``summary.csv`` and ``summary.md``, and print the table.

    Raises:
        ValueError: if a strategy is unknown; TableError, which is one, if the table cannot be used.
    """
    names = options.strategies.split(",")
    if unknown := [name for name in names if name not in STRATEGIES]:
        raise ValueError(f"there is no strategy {unknown[0]!r}; there are {', '.join(STRATEGIES)}")
    settings = Settings(
        space=options.space,
        table=str(options.table),
        metric=options.metric,
        goal=options.goal,
        columns=(options.test,) if options.test else (),
        cost=options.cost,
        twins=options.twins,
        budget=options.budget,
        workers=options.workers,
    )
    best = settings.read().best(settings.metric, settings.sign)
    tasks: list[Task] = [(name, seed) for seed in range(options.seeds) for name in names]
    options.out.mkdir(parents=True, exist_ok=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
    with bar:
        shown = bar.add_task("runs", total=len(tasks))
        runs = run_all(settings, tasks, options.out / "runs.jsonl", options.processes, lambda _: bar.advance(shown))
    rows = [
        summary.summarise(name, [runs[name, seed] for seed in range(options.seeds)], best, settings.sign, options.test)
        for name in names
    ]
    summary.write(options.out / "summary.csv", rows)
    table = summary.markdown(rows)
    (options.out / "summary.md").write_text(table + "\n")
    console.print(table, markup=False, highlight=False, soft_wrap=True)
    return 0

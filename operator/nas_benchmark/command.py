"""``nasctl benchmark``: strategies side by side on a tabulated benchmark, without a cluster."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nas_benchmark import plots
from nas_benchmark.entrants import STRATEGIES
from nas_benchmark.other_libraries import ALGORITHMS
from nas_benchmark.runner import RunSettings, Task, run_all
from nas_benchmark.summary import NEAR_SHARE, Scorecard, curve_rows, write

LEAST_SHARE = 0.1
"""Share of its space that a table must hold, or most queries would fail."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nasctl benchmark``."""
    parser.add_argument(
        "--space", default="nas-bench-201", help="the table's space: a name, or a NASSearchSpace's file"
    )
    parser.add_argument(
        "--table",
        type=Path,
        required=True,
        action="append",
        help="CSV, may be .gz; further ones are joined by a shared column",
    )
    parser.add_argument("--encoding", help="column with one digit a decision, if there is no arch_str or architecture")
    parser.add_argument("--metric", required=True, help="column to optimise; with *: the mean of several")
    parser.add_argument("--goal", choices=["maximize", "minimize"], default="maximize")
    parser.add_argument(
        "--cost", action="append", default=[], help="further column to minimise; may be given several times"
    )
    parser.add_argument("--test", help="column to evaluate the best in the end")
    parser.add_argument("--seconds", help="column with the duration of a trial, for --workers; default: all the same")
    parser.add_argument(
        "--strategies",
        default=",".join(STRATEGIES),
        help="names separated by commas, with settings as NAME:setting=value; default: all",
    )
    parser.add_argument(
        "--peers", default="", help=f"algorithms of other libraries, separated by commas: {', '.join(ALGORITHMS)}"
    )
    parser.add_argument(
        "--scores",
        type=_columns,
        default=(),
        help="columns with zero-cost scores, separated by commas, for zero-cost and strategies with :keep=N",
    )
    parser.add_argument("--scored", type=int, default=1000, help="candidates whose scores a run knows before it begins")
    parser.add_argument("--seeds", type=int, default=50, help="runs of each strategy")
    parser.add_argument("--budget", type=int, default=300, help="candidates of a run")
    parser.add_argument("--workers", type=int, default=1, help="trials at a time, in simulated time")
    parser.add_argument(
        "--twins",
        choices=["raw", "mean"],
        default="raw",
        help="isomorphic networks: each by itself, or with their mean",
    )
    parser.add_argument(
        "--near",
        type=float,
        help="regret at which the best counts as found, in the metric's unit; default: "
        f"{NEAR_SHARE:.0%} of the way from the table's median to its best".replace("%", "%%"),
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--out", type=Path, default=Path("benchmark"), help="directory of results; runs in it are not repeated"
    )


def _columns(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def run(options: argparse.Namespace, console: Console) -> int:
    """Run what is missing, write summary, curves and plots, and print the table.

    Raises:
        ValueError: if an entrant or the space cannot be used; TableError, which is one, if the table cannot.
    """
    names = [name for name in (*options.strategies.split(","), *options.peers.split(",")) if name]
    counts = options.seeds, options.budget, options.workers, options.processes, options.scored
    if not names or min(counts) < 1:
        raise ValueError(
            "nobody to compare: name --strategies or --peers, and at least one of seeds, budget, workers, scored"
        )
    settings = RunSettings(
        space=options.space,
        tables=tuple(map(str, options.table)),
        encoding=options.encoding,
        goals=((options.metric, options.goal), *((cost, "minimize") for cost in options.cost)),
        columns=(options.test,) if options.test else (),
        seconds=options.seconds,
        twins=options.twins,
        budget=options.budget,
        workers=options.workers,
        scores=options.scores,
        scored=options.scored,
    )
    table = settings.read()
    if (share := table.share()) < LEAST_SHARE:
        raise ValueError(
            f"{options.table[0]} has {share:.0%} of random architectures of {table.space.name}, and the others would "
            "fail; give --space the part of it that the table holds whole"
        )
    # What cannot be used is said before anything runs, which may be hours.
    for name in names:
        settings.entrant(name, table, 0)
    scorecard = Scorecard.of(table, settings.objectives, options.near, options.test)
    if options.near is None and scorecard.volumes is None:
        best, middle = scorecard.best, table.median(settings.objectives[0])
        console.print(
            f"the best counts as found at a regret of {scorecard.near:g} (--near): {NEAR_SHARE:.0%} of the way from "
            f"the table's median {middle:g} to its best {best:g}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    tasks: list[Task] = [(name, seed) for seed in range(options.seeds) for name in names]
    options.out.mkdir(parents=True, exist_ok=True)
    # Each process has a core of its own; threads of its linear algebra would only wait for one another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
    with bar:
        shown = bar.add_task("runs", total=len(tasks))
        results = run_all(settings, tasks, options.out / "runs.jsonl", options.processes, lambda _: bar.advance(shown))
    runs = {name: [results[name, seed] for seed in range(options.seeds)] for name in names}
    curves = {name: scorecard.curves(those) for name, those in runs.items()}
    write(options.out / "summary.csv", [scorecard.summarise(name, those) for name, those in runs.items()])
    write(options.out / "curves.csv", [row for name, each in curves.items() for row in curve_rows(name, each)])
    table_text = scorecard.markdown(runs)
    (options.out / "summary.md").write_text(table_text + "\n")
    console.print(table_text, markup=False, highlight=False, soft_wrap=True)
    if not plots.draw(options.out, curves, runs):
        console.print("no plots: matplotlib is not installed")
    return 0

"""``nasctl benchmark``: strategies side by side on a tabulated benchmark, without a cluster."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nas_benchmark import plots
from nas_benchmark.entrants import STRATEGIES
from nas_benchmark.runner import RunSettings, Task, run_all
from nas_benchmark.summary import NEAR_SHARE, Scorecard, curve_rows, write

LEAST_SHARE = 0.1
"""Share of its space that a table must hold, or most queries would fail."""


@dataclass(frozen=True)
class Options:
    """What is compared, on what, and for how long; `nas_client.cli.benchmark` says what each means."""

    table: Sequence[Path]
    metric: str
    space: str = "nas-bench-201"
    encoding: str | None = None
    goal: Literal["maximize", "minimize"] = "maximize"
    cost: Sequence[str] = ()
    test: str | None = None
    seconds: str | None = None
    strategies: str = ",".join(STRATEGIES)
    peers: str = ""
    scores: Sequence[str] = ()
    scored: int = 1000
    seeds: int = 50
    budget: int = 300
    workers: int = 1
    twins: Literal["raw", "mean"] = "raw"
    near: float | None = None
    processes: int = os.cpu_count() or 1
    out: Path = Path("benchmark")


def run(options: Options, console: Console) -> int:
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
        scores=tuple(options.scores),
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

"""What zero-cost scores cost a search that results contradict: regret with and without them (`--wrong-scores`).

NAS-Bench-201, CIFAR-10, validation accuracy, one trial at a time. Three kinds of scores: the table's `synflow`; random
ones, which say nothing; and those of another cell, the one with the operations exchanged by `EXCHANGED`, whose rank
correlation with the accuracy is 0.05 over all cells while the best by them are worse than random ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from nas_benchmark.entrants import make
from nas_benchmark.scores import Scores
from nas_benchmark.simulation import search
from nas_benchmark.table import Table, read_table
from nas_core.api.strategy import Objective
from nas_core.spaces.nas_bench_201 import NasBench201

ACCURACY, SCORE = "c10_val", "proxy_synflow"
OBJECTIVE = Objective.model_construct(metric=ACCURACY, goal="maximize")
EXCHANGED = {
    "none": "nor_conv_1x1",
    "skip_connect": "nor_conv_3x3",
    "nor_conv_1x1": "skip_connect",
    "nor_conv_3x3": "avg_pool_3x3",
    "avg_pool_3x3": "none",
}
KINDS = ("synflow", "random", "exchanged")
STRATEGIES = ("local-search", "regularized-evolution", "bayesian")
QUERIES = 25


@dataclass(frozen=True)
class Case:
    """One search."""

    table: Path
    kind: str
    """Of the scores; none: it has none."""
    strategy: str
    seed: int


@cache
def _read(path: Path) -> Table:
    return read_table([path], NasBench201(), [ACCURACY, SCORE], "raw")


def scored(table: Table, kind: str, seed: int) -> Table:
    """Return the table with other scores."""
    rng = np.random.default_rng(seed)
    if kind == "random":
        by_id = {identity: float(rng.random()) for identity in table.space.distinct}
        return replace(
            table,
            metrics={
                text: {**row, SCORE: by_id[table.space.canonical_id(table.space.parse(text))]}
                for text, row in table.metrics.items()
            },
        )
    if kind == "exchanged":

        def other(text: str) -> Mapping[str, float]:
            cell = {edge: EXCHANGED[op] for edge, op in table.space.parse(text).items()}
            return table.metrics[table.space.text(cell)]

        metrics = {text: {**row, SCORE: other(text)[SCORE]} for text, row in table.metrics.items()}
        return replace(table, metrics=metrics)
    return table


def regret(case: Case) -> float:
    """Return how far the best of a search is from the best of the table, in points."""
    plain = _read(case.table)
    table = scored(plain, case.kind, case.seed if case.kind == "random" else 0)
    known = Scores(table, (SCORE,), 1000) if case.kind else None
    name = f"{case.strategy}:keep=3" if case.kind else case.strategy
    run = search(make(name, table.space, [OBJECTIVE], case.seed, known), table, QUERIES, 1, None)
    return plain.best(OBJECTIVE) - max(result[ACCURACY] for result in run.results if result)


def write(table: Path, seeds: int, processes: int, say: Callable[[str], object]) -> None:
    """Print the mean regret of each strategy with each kind of scores."""
    say(f"| strategy | without scores | {' | '.join(f'{kind}, keep=3' for kind in KINDS)} |")
    say("|---" * (2 + len(KINDS)) + "|")
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for strategy in STRATEGIES:
            cells = []
            for kind in ("", *KINDS):
                found = np.array(list(pool.map(regret, [Case(table, kind, strategy, seed) for seed in range(seeds)])))
                cells.append(f"{found.mean():.3f} ± {found.std(ddof=1) / np.sqrt(seeds):.3f}")
            say(f"| `{strategy}` | {' | '.join(cells)} |")

"""Rank correlation of zero-cost proxies on NAS-Bench-201 with the accuracy that its networks reached on CIFAR-10.

CIFAR-10 itself is not needed: the proxies see one minibatch of Fashion-MNIST in its form (or other images, to tell
what the data do), the accuracy (validation, mean of the seeds) is the table's. What was scored before, with the same
settings, is taken from the CSV. With ``--scores`` every network is scored, twins once, and the table is written with
the scores beside it: what a search on it may know before it trains.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from benchmarks.proxies import report
from benchmarks.proxies.data import KINDS
from benchmarks.proxies.scoring import Settings, Task, score, start
from nas_core.api.types import PROXY_PREFIX
from nas_trial.proxies.scores import PROXIES

ROOT = Path(__file__).parents[2]
FIELDS = (*Settings.__dataclass_fields__, "arch_index", "proxy", "score", "cpu_seconds")
Rows = dict[tuple[int, str], dict[str, str]]
"""By architecture and proxy."""


def earlier(path: Path, settings: Settings) -> Rows:
    """Return the rows of earlier runs with the same settings."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        whole = [row for row in csv.DictReader(file) if None not in row.values()]
    same = settings.columns.items()
    return {(int(row["arch_index"]), row["proxy"]): row for row in whole if same <= row.items()}


def score_missing(tasks: Sequence[Task], path: Path, settings: Settings, processes: int) -> Rows:
    """Return the rows of scores that there are none of yet; each was added to the CSV as it came."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begun, new = time.monotonic(), not path.exists()
    rows: Rows = {}
    with (
        path.open("a", newline="") as file,
        ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), start, (settings,)) as pool,
    ):
        writer = csv.DictWriter(file, FIELDS)
        if new:
            writer.writeheader()
        futures = [pool.submit(score, task) for task in tasks]
        for done, future in enumerate(as_completed(futures), start=1):
            writer.writerows(found := future.result())
            file.flush()
            rows |= {(int(row["arch_index"]), row["proxy"]): row for row in found}
            left = (time.monotonic() - begun) / done * (len(tasks) - done)
            print(f"{done}/{len(tasks)} scored, about {left / 60:.0f} min left", file=sys.stderr, flush=True)
    return rows


def write_scores(path: Path, table: Sequence[dict[str, str]], proxies: Sequence[str], rows: Rows) -> None:
    """Write the table, compressed by gzip, with a column a proxy more; twins have the score of the first of them."""
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.DictWriter(
            file, list(table[0] | {PROXY_PREFIX + name: "" for name in proxies}), lineterminator="\n"
        )
        writer.writeheader()
        for row in table:
            scores = {name: float(rows[int(row["iso_rep"]), name]["score"]) for name in proxies}
            writer.writerow(row | {PROXY_PREFIX + name: f"{score:.6g}" for name, score in scores.items()})


def main() -> int:
    """Score, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=ROOT.parent / "shared" / "data" / "nb201" / "cifar10.csv.gz")
    parser.add_argument("--csv", type=Path, default=ROOT / "out" / "proxies.csv", help="goes on from what is in it")
    parser.add_argument("--proxies", nargs="+", choices=list(PROXIES), default=list(PROXIES), metavar="NAME")
    parser.add_argument("--architectures", type=int, default=500)
    parser.add_argument("--scores", type=Path, help="score every network; write the table with its scores, .csv.gz")
    parser.add_argument("--images", choices=list(KINDS), default="fashion-mnist", help="what the proxies see")
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage")
    parser.add_argument("--depth", type=int, default=5, help="cells in each stage")
    parser.add_argument("--batch", type=int, default=64, help="examples of the minibatch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    settings = Settings(options.images, options.width, options.depth, options.batch, options.seed)
    with gzip.open(options.table, "rt", newline="") as file:
        table = list(csv.DictReader(file))
    # The first so many of one order: a longer run goes on where a shorter one ended.
    order = [int(i) for i in np.random.default_rng(settings.seed).permutation(len(table))[: options.architectures]]
    if options.scores:
        order = [i for i, row in enumerate(table) if row["iso_rep"] == row["arch_index"]]
    rows = earlier(options.csv, settings)
    missing = {i: [name for name in options.proxies if (i, name) not in rows] for i in order}
    tasks = [(i, table[i]["arch_str"], names) for i, names in missing.items() if names]
    if tasks:
        rows |= score_missing(tasks, options.csv, settings, options.processes)

    if options.scores:
        write_scores(options.scores, table, options.proxies, rows)

    def column(name: str, field: str) -> list[float]:
        return [float(rows[i, name][field]) for i in order]

    scores = {name: column(name, "score") for name in options.proxies}
    seconds = {name: column(name, "cpu_seconds") for name in options.proxies}
    report.show(scores, seconds, [float(table[i]["c10_val"]) for i in order])
    return 0


if __name__ == "__main__":
    sys.exit(main())

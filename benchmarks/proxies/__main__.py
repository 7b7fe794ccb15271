"""Rank correlation of zero-cost proxies on NAS-Bench-201 with the accuracy that its networks reached on CIFAR-10.

CIFAR-10 itself is not needed: the proxies see one minibatch of Fashion-MNIST in its form, the accuracy (validation,
mean of the seeds) is the table's. What was scored before, with the same settings, is taken from the CSV.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from benchmarks.proxies import report
from benchmarks.proxies.scoring import Settings, score, start
from nas_trial.proxies import PROXIES

ROOT = Path(__file__).parents[2]


def earlier(path: Path, settings: Settings) -> dict[int, dict[str, str]]:
    """Return the rows of an earlier run with the same settings, by architecture."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if None not in row.values()]
    same = settings.columns.items()
    return {int(row["arch_index"]): row for row in rows if same <= row.items()}


def score_missing(
    tasks: list[tuple[int, str]], path: Path, settings: Settings, processes: int
) -> Iterable[dict[str, str]]:
    """Yield the rows of architectures that have none yet, each after it was added to the CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = ["arch_index", *settings.columns, *PROXIES, *(f"{name}_s" for name in PROXIES)]
    begun, new = time.monotonic(), not path.exists()
    with (
        path.open("a", newline="") as file,
        ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), start, (settings,)) as pool,
    ):
        writer = csv.DictWriter(file, fields)
        if new:
            writer.writeheader()
        futures = [pool.submit(score, task) for task in tasks]
        for done, future in enumerate(as_completed(futures), start=1):
            row = future.result()
            writer.writerow(row)
            file.flush()
            left = (time.monotonic() - begun) / done * (len(tasks) - done)
            print(f"{done}/{len(tasks)} scored, about {left / 60:.0f} min left", file=sys.stderr, flush=True)
            yield row


def main() -> int:
    """Score, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=ROOT.parent / "shared" / "data" / "nb201" / "cifar10.csv.gz")
    parser.add_argument("--csv", type=Path, default=ROOT / "out" / "proxies.csv", help="goes on from what is in it")
    parser.add_argument("--architectures", type=int, default=500)
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage")
    parser.add_argument("--depth", type=int, default=5, help="cells in each stage")
    parser.add_argument("--batch", type=int, default=64, help="examples of the minibatch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    settings = Settings(options.width, options.depth, options.batch, options.seed)
    with gzip.open(options.table, "rt", newline="") as file:
        table = list(csv.DictReader(file))
    # The first so many of one order: a longer run goes on where a shorter one ended.
    order = np.random.default_rng(settings.seed).permutation(len(table))[: options.architectures]
    rows = earlier(options.csv, settings)
    missing = [(int(index), table[index]["arch_str"]) for index in order if int(index) not in rows]
    for row in score_missing(missing, options.csv, settings, options.processes) if missing else ():
        rows[int(row["arch_index"])] = row
    chosen = [rows[int(index)] for index in order]
    scores = {name: [float(row[name]) for row in chosen] for name in PROXIES}
    seconds = {name: [float(row[f"{name}_s"]) for row in chosen] for name in PROXIES}
    report.show(scores, seconds, [float(table[int(row["arch_index"])]["c10_val"]) for row in chosen])
    return 0


if __name__ == "__main__":
    sys.exit(main())

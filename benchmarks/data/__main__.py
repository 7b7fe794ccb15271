"""How fast data are read, how soon a trial trains, and how much memory it takes, by the size of the data."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.data import sources, start, streaming, trials

START_TARGET_S = 4.0
TABLES, PHOTOS = "10000,100000,1000000,10000000", "1000,10000,100000"


def main() -> int:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", type=Path, help="where data are made and kept; default: a new one")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the training loops")
    parser.add_argument("--tables", default=TABLES, help="rows of the tables")
    parser.add_argument("--photos", default=PHOTOS, help="numbers of photos")
    parser.add_argument(
        "--limit", default="64Mi", help="task.dataset.memoryLimit of the trials whose memory is measured"
    )
    parser.add_argument("--parts", default="streaming,start,memory", help="what is measured")
    options = parser.parse_args()
    parts = options.parts.split(",")
    with tempfile.TemporaryDirectory() as made:
        directory = options.directory or Path(made)
        directory.mkdir(parents=True, exist_ok=True)
        if "streaming" in parts:
            streaming.measure(directory, options.rounds, torch.device("cpu"))
        if "start" in parts:
            measure_start(options.rounds)
        if "memory" in parts:
            measure_memory(directory, options.tables, options.photos, options.limit)
    return 0


def measure_start(rounds: int) -> None:
    """Print when a trial on prepared data makes its first step."""
    found = [start.measure() for _ in range(rounds)]
    print("| from the start of the process to | seconds (median) |")
    print("|---|---|")
    for name in found[0]:
        print(f"| {name} | {statistics.median(each[name] for each in found):.2f} |", flush=True)
    print(f"\ntarget: {START_TARGET_S} s without the import of PyTorch\n")


def measure_memory(directory: Path, tables: str, photos: str, limit: str) -> None:
    """Print the memory of whole trials, which prepare the data and train an epoch."""
    print(f"| data (memoryLimit {limit}) | peak MiB | seconds | CPU seconds |")
    print("|---|---|---|---|")
    for rows in map(int, filter(None, tables.split(","))):
        file = sources.table(directory, rows)
        task = {"type": "tabular-classification", "dataset": {"path": str(file), "memoryLimit": limit}}
        _report(f"table of {rows:,} rows", {"name": "tabular", "width": 8, "depth": 1}, task, 8192)
    for count in map(int, filter(None, photos.split(","))):
        folder = sources.photos(directory, count, 64)
        task = {"type": "image-classification", "dataset": {"path": str(folder), "memoryLimit": limit}}
        _report(f"{count:,} photos of 64 x 64", {"name": "tiny", "width": 4, "depth": 1}, task, 512)


def _report(title: str, space: dict[str, Any], task: dict[str, Any], batch: int) -> None:
    done = trials.run(trials.trial_input(space, task, evaluation={"epochs": 1, "batchSize": batch}))
    print(f"| {title} | {done.anonymous_mib:.0f} | {done.seconds:.0f} | {done.cpu_seconds:.0f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())

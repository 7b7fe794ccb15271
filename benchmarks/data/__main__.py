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
from nas_core.api.evaluation import Evaluation
from nas_trial.training.defaults import with_defaults

STREAMED_TARGET, START_TARGET_S = 0.95, 4.0
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
            measure_streaming(directory, options.rounds, torch.device("cpu"))
        if "start" in parts:
            measure_start(options.rounds)
        if "memory" in parts:
            measure_memory(directory, options.tables, options.photos, options.limit)
    return 0


def measure_streaming(directory: Path, rounds: int, device: torch.device) -> None:
    """Print the speed of both loops on photos that are kept as values, and on larger ones that are kept as JPEG."""
    evaluation = with_defaults(Evaluation(epochs=2, batch_size=128), "image-classification")
    print("| photos | limit | engine, examples/s | plain loop, examples/s | ratio (median) | rounds | waiting |")
    print("|---|---|---|---|---|---|---|")
    for count, side, limit in ((8000, 64, "1Mi"), (8000, 128, "1Mi"), (8000, 64, "8Gi")):
        folder = sources.photos(directory, count, side)
        examples = streaming.prepared(folder, limit, device)
        found = streaming.compare(folder, examples, evaluation, rounds, device)
        seen = evaluation.epochs * len(examples.train)
        engine, plain = (statistics.median(getattr(each, name) for each in found) for name in ("engine", "plain"))
        ratios = sorted(each.ratio for each in found)
        print(
            f"| {count} of {side} x {side} | {limit} | {seen / engine:.0f} | {seen / plain:.0f} | "
            f"{statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} | "
            f"{statistics.median(each.waited for each in found):.2f} |",
            flush=True,
        )
    print(f"\ntarget: {STREAMED_TARGET} of a plain loop\n")


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

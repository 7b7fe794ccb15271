"""Speed of the training loop beside a plain one, and the overhead of packed candidates beside that of single ones.

Both are measured in turns, in one run. Other work on the machine slows both sides; the table says how busy it was.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.trainer import packing, speed
from nas_core.api.evaluation import Evaluation
from nas_trial.process.allocator import keep_memory
from nas_trial.process.device import pick_device
from nas_trial.process.torch_startup import keep_compiler_out
from nas_trial.training.defaults import with_defaults

ROOT = Path(__file__).parents[2]
SPEED_TARGET, PACKING_TARGET = 0.97, 3.0


def main() -> int:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=ROOT / "out" / "trainer.csv")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of the training loops")
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage")
    parser.add_argument("--depth", type=int, default=2, help="cells in each stage")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--examples", type=int, default=2560, help="images of 28x28 to train on; a fifth more to judge")
    parser.add_argument("--epochs", type=int, default=2, help="epochs in a round")
    parser.add_argument("--candidates", type=int, default=20, help="candidates that are packed; 0: not measured")
    parser.add_argument("--packing-rounds", type=int, default=1)
    parser.add_argument("--candidate-epochs", type=int, default=12, help="epochs each of them is trained")
    options = parser.parse_args()
    keep_memory()
    keep_compiler_out()
    device = pick_device()
    evaluation = with_defaults(Evaluation(epochs=options.epochs, batch_size=options.batch), "image-classification")
    data = speed.images(options.examples, 28, device)
    rows: list[dict[str, object]] = []
    rounds = speed.compare(data, options.width, options.depth, evaluation, device, options.rounds)
    rows += [{"kind": "speed", "round": i, **asdict(found)} for i, found in enumerate(rounds, start=1)]
    seen = options.epochs * (options.examples // options.batch * options.batch)
    ratio = statistics.median(found.ratio for found in rounds)
    cpu_ratio = statistics.median(found.plain_cpu / found.engine_cpu for found in rounds)

    title = f"{options.rounds} rounds, width {options.width}, depth {options.depth}, batch {options.batch}, {device}"
    print(f"| {title} | examples/s (median) | CPU s a round (median) |")
    print("|---|---|---|")
    for name in ("plain", "engine"):
        clock, cpu = (statistics.median(getattr(found, field) for found in rounds) for field in (name, f"{name}_cpu"))
        print(f"| {name} | {seen / clock:.0f} | {cpu:.2f} |")
    spread = sorted(found.ratio for found in rounds)
    print(f"\nratio {ratio:.3f}, rounds from {spread[0]:.3f} to {spread[-1]:.3f}")

    headline = f"speed {ratio:.3f} of a plain loop, {cpu_ratio:.3f} by CPU time (target {SPEED_TARGET})"
    if options.candidates:
        saved = compare_packing(options.candidates, options.packing_rounds, options.candidate_epochs, rows)
        headline += (
            f"; packing {options.candidates} candidates: {saved:.1f} times less overhead (target {PACKING_TARGET:.0f})"
        )
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"
    options.csv.parent.mkdir(parents=True, exist_ok=True)
    with options.csv.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    print(f"\n{headline}; load {load}")
    return 0


def compare_packing(count: int, rounds: int, epochs: int, rows: list[dict[str, object]]) -> float:
    """Evaluate candidates packed and apart in turns, print the costs and return the median ratio of the overheads."""
    specs = packing.candidates(count)
    settings = {
        "space": {"width": 8, "depth": 1},
        "task": {"dataset": {"name": "digits"}},
        "evaluation": {"epochs": epochs, "batchSize": 64},
    }
    print(f"\n| {count} candidates, {epochs} epochs | total s | training s | overhead s | overhead s a candidate |")
    print("|---|---|---|---|---|")
    ratios = []
    for number in range(1, rounds + 1):
        found = {}
        for name in ("packed", "apart") if number % 2 else ("apart", "packed"):
            cost = found[name] = getattr(packing, name)(specs, **settings)
            rows.append({"kind": name, "round": number, **asdict(cost), "overhead": cost.overhead})
            each = cost.overhead / count
            print(f"| {name} | {cost.total:.1f} | {cost.training:.1f} | {cost.overhead:.1f} | {each:.2f} |", flush=True)
        ratios.append(found["apart"].overhead / found["packed"].overhead)
    return statistics.median(ratios)


if __name__ == "__main__":
    sys.exit(main())

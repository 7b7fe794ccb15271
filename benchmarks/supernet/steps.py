"""Two ways to take a training step beside each other: what both are given, in turns, and a line of what was found."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.trainer.speed import images
from nas_core.api.evaluation import Evaluation
from nas_trial.data.examples import Batch, Examples
from nas_trial.training.defaults import with_defaults

CPU = torch.device("cpu")
Step = Callable[[int], None]
Seconds = np.ndarray[Any, np.dtype[np.float64]]


def options(description: str | None, rounds: int) -> argparse.Namespace:
    """Return the options of the command line; ``rounds`` is the default of how many there are."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser.parse_args()


def prepared(args: argparse.Namespace) -> tuple[Evaluation, Examples, list[Batch]]:
    """Return how is trained, and on what; from here on one thread computes."""
    torch.set_num_threads(1)
    evaluation = with_defaults(Evaluation(batch_size=args.batch), "image-classification")
    data = images(args.batch * 8, args.size, CPU)
    return evaluation, data, list(data.train.batches(data.train.in_order().split(args.batch)))


def in_turns(one: Step, other: Step, rounds: int) -> Seconds:
    """Return the seconds of both steps in each round (rounds, 2)."""
    found = []
    for number in range(rounds + 3):
        seconds = {}
        for name, step in sorted({"one": one, "other": other}.items(), reverse=number % 2 == 1):
            started = time.perf_counter()
            step(number)
            seconds[name] = time.perf_counter() - started
        found.append([seconds["one"], seconds["other"]])
    return np.array(found[3:])  # the first ones find out how to compute


def compared(name: str, found: Seconds, rng: np.random.Generator) -> str:
    """Return a line: how many times as fast the first way is, over all rounds (rounds, 2), with a 95 % interval."""
    sums = found[rng.integers(len(found), size=(2000, len(found)))].sum(1)  # (2000, 2)
    low, high = np.quantile(sums[:, 1] / sums[:, 0], [0.025, 0.975])
    once, plainly = found.sum(0)
    return (
        f"{name}: {plainly / once:.2f} times as fast as written plainly ({low:.2f} to {high:.2f}); "
        f"{1000 * np.median(found[:, 0]):.0f} ms a step, {1000 * np.median(found[:, 1]):.0f} ms plainly"
    )
